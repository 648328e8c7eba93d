"""The scorer of patterns, and the lines that it scores."""

from __future__ import annotations

from spanwise_collector.grouping.templates import templates

from bench.patterns.__main__ import FOLDER, accuracy, read
from bench.patterns.label import label


def test_a_line_counts_when_its_group_is_exactly_its_templates_lines() -> None:
    assert accuracy("aabb", "1122") == 1
    assert accuracy("aabb", "1112") == 0
    assert accuracy("aaab", "1123") == 0.25
    assert accuracy("abcd", "1234") == 1


def test_every_line_that_is_kept_has_the_template_that_its_file_says() -> None:
    files = sorted(FOLDER.glob("*.csv.gz"))
    assert len(files) == 6
    for file in files:
        lines, truth = read(file)
        known = (FOLDER.parent / "truth" / file.name.replace(".csv.gz", ".txt")).read_text("utf-8").splitlines()
        assert (len(lines), [template for _, template in label(lines, known)]) == (2000, truth)


def test_forms_of_kept_lines_make_fewer_templates() -> None:
    lines, _ = read(FOLDER / "redis.csv.gz")
    assert len(templates(dict(enumerate(dict.fromkeys(lines))))) < len(set(lines))
