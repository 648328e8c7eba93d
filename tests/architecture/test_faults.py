"""docs/faults.md names a test for each fault, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


def test_every_test_that_the_page_of_faults_names_exists() -> None:
    rows = (ROOT / "docs/faults.md").read_text("utf-8").partition("## What is not")[0].splitlines()
    named = [_NAMED.findall(row) for row in rows if row.startswith("|")][2:]
    missing = [
        f"{file}::{test}"
        for row in named
        for file, test in row
        if f"def {test}(" not in (ROOT / "tests" / file).read_text("utf-8")
    ]
    assert ([row for row in named if not row], missing) == ([], [])


def test_every_fault_that_is_injected_is_on_the_page() -> None:
    page = set(_NAMED.findall((ROOT / "docs/faults.md").read_text("utf-8")))
    injected = {
        (f"faults/{path.name}", test)
        for path in (ROOT / "tests/faults").glob("test_*.py")
        for test in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert injected - page == set()
