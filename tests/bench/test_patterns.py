"""The scorer of patterns, and the lines that it scores."""

from __future__ import annotations

from pathlib import Path

from spanwise_collector.grouping.templates import templates

from bench.patterns.__main__ import FOLDER, accuracy, grouped, read
from bench.patterns.label import label
from tests.collector.process import process


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


def test_nine_lines_in_ten_are_grouped_right_without_a_rule_for_any_program(tmp_path: Path) -> None:
    scores = {}
    with process(tmp_path) as collector:
        for file in sorted(FOLDER.glob("*.csv.gz")):
            lines, truth = read(file)
            scores[file.name] = accuracy(truth, grouped(collector, file.name, lines))
    assert sum(scores.values()) / len(scores) >= 0.90, scores
