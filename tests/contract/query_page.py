"""The table of fields in docs/query-language.md: `python -m tests.contract.query_page` writes it anew."""

from __future__ import annotations

import re

from spanwise_collector.query.language.fields import FIELDS

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "query-language.md"
_TABLE = re.compile(r"\| Field \|.*?\n\n|\$FIELDS\n\n", re.DOTALL)


def rendered(page: str) -> str:
    """The page with its table as it has to be."""
    lines = ["| Field | Of | Kind | What it is | Such as |", "|---|---|---|---|---|"]
    for field in FIELDS:
        prefix = "trace." if field.levels == ("traces",) else ""
        names = ", ".join(f"`{prefix}{name}`" for name in (field.name, *field.aliases))
        kind = ", ".join(word for word, _ in field.choices) or field.kind.value
        lines.append(f"| {names} | {', '.join(field.levels)} | {kind} | {field.description} | `{field.example}` |")
    table = "\n".join(lines) + "\n\n"
    return _TABLE.sub(lambda _: table, page, count=1)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
