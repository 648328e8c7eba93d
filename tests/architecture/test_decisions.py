"""Decision records keep their numbers: comments cite them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture import source

RECORD = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
CITED = re.compile(r"\bADR-(\d{4})\b")


def records(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.md") if file.name != "README.md")


def misnumbered(names: list[str]) -> list[str]:
    """Records whose name is no `NNNN-slug.md`, or whose number an earlier one has; gaps are fine."""
    seen: set[str] = set()
    wrong = []
    for name in names:
        match = RECORD.fullmatch(name)
        if match is None or match[1] in seen:
            wrong.append(name)
        else:
            seen.add(match[1])
    return wrong


def texts() -> Iterator[Path]:
    yield from source.packaged_files()
    for pattern in ("*.md", "docs/**/*.md", "bench/*.py", "tests/**/*.py", "collector/**/*.sql"):
        yield from source.ROOT.glob(pattern)


def test_no_two_records_share_a_number() -> None:
    assert misnumbered(records(source.ROOT / "docs" / "adr")) == []


def test_every_record_that_is_cited_exists() -> None:
    known = {name[:4] for name in records(source.ROOT / "docs" / "adr")}
    cited = {
        (file.relative_to(source.ROOT).as_posix(), number)
        for file in texts()
        for number in CITED.findall(file.read_text(encoding="utf-8", errors="replace"))
    }
    assert {(file, number) for file, number in cited if number not in known} == set()


def test_a_double_and_a_wrong_name_are_seen() -> None:
    assert misnumbered(["0001-one.md", "0003-three.md"]) == []
    assert misnumbered(["0001-one.md", "0001-other.md"]) == ["0001-other.md"]
    assert misnumbered(["0001_one.md"]) == ["0001_one.md"]
