"""How long functions and modules may be, and what files may be called. Style says why: people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.stats import percentile
from tests.architecture import source

LONGEST_FUNCTION = 80
ALMOST_ALL_FUNCTIONS = 65
LONGEST_MODULE = 300

# Names under which everything may gather, and nothing is found again.
VAGUE = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}

each_package = pytest.mark.parametrize("package", source.PACKAGES, ids=lambda package: str(package.name))


@each_package
def test_no_function_is_longer_than_a_screen_or_two(package: Path) -> None:
    functions = source.function_lengths(package)
    assert [part for part in functions if part.lines > LONGEST_FUNCTION] == []
    assert percentile([part.lines for part in functions], 99) <= ALMOST_ALL_FUNCTIONS


@each_package
def test_no_module_is_longer_than_a_person_reads_in_one_go(package: Path) -> None:
    assert [part for part in source.module_lengths(package) if part.lines > LONGEST_MODULE] == []


def test_no_packaged_file_has_a_name_that_says_nothing() -> None:
    assert [file for file in source.packaged_files() if file.name.split(".")[0].lower() in VAGUE] == []


def test_the_repository_has_the_folders_that_the_design_names() -> None:
    wanted = ("tracer", "collector", "ui", "tests", "bench", "examples", "docs", "requirements", ".ci")
    assert [name for name in wanted if not (source.ROOT / name).is_dir()] == []


def test_the_measure_sees_a_function_with_its_decorator_and_a_module(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    body = "    a = 1\n" * 90
    (package / "long.py").write_text(f"@staticmethod\ndef long():\n{body}\n\nasync def short():\n    pass\n")
    assert source.function_lengths(package) == [
        source.Part(2, "package/long.py:short"),
        source.Part(92, "package/long.py:long"),
    ]
    assert source.module_lengths(package) == [source.Part(96, "package/long.py")]
