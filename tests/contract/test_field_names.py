"""The web view writes a term for an attribute itself, so it must know what a field is called."""

from __future__ import annotations

import re
from pathlib import Path

from spanwise_collector.query.language.fields import PREFIXES, names

_WRITTEN = re.compile(r"const FIELDS =\s*/\^\(\?:([^)]*)\)\$\|\^\(\?:([^)]*)\)\\\./;")


def test_the_web_view_has_every_name_of_a_field_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "ui/src/model/query-text.ts").read_text("utf-8")
    [(fields, prefixes)] = [tuple(group.split("|") for group in found) for found in _WRITTEN.findall(text)]
    assert {f"{prefix}." for prefix in prefixes} == {"trace.", *PREFIXES["spans"], *PREFIXES["logs"]}
    known = {name for name in (*names("spans"), *names("logs")) if name.partition(".")[0] not in prefixes}
    assert sorted(fields) == sorted({"has", *known})
