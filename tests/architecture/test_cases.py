"""Each numbered case of bad input has its test and its line in docs/protocols.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = set(range(1, 97))
_NAMED = re.compile(r"def test_cases?_(\d+)(?:_and_(\d+))?_")
_ROW = re.compile(r"^\| (\d[\d, to]*) \|", re.MULTILINE)


def test_every_case_stands_in_the_name_of_a_test() -> None:
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {int(number) for text in texts for found in _NAMED.findall(text) for number in found if number}
    assert named == CASES


def test_every_case_stands_in_the_table_once() -> None:
    table = (ROOT / "docs/protocols.md").read_text("utf-8").partition("## Odd input, case by case")[2]
    listed = [number for cell in _ROW.findall(table) for number in numbers(cell)]
    assert sorted(listed) == sorted(CASES)


def numbers(cell: str) -> Iterator[int]:
    for part in cell.split(","):
        first, _, last = part.strip().partition(" to ")
        yield from range(int(first), int(last or first) + 1)
