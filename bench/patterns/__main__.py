"""Scores how lines are grouped: `make bench-patterns ARGS='FILE.csv …'`, the files of this folder where none is given.

A file has loghub's columns Content and EventTemplate (or EventId). Its lines go to a collector of their own as
log records of one service; /api/v1/patterns says how they are grouped. The grouping accuracy is loghub's: the share of
lines whose group holds exactly the lines that share their template. Drain3 with its defaults groups the same lines
beside it, where it is installed.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path

from tests import factories
from tests.collector.process import Process, process

FOLDER = Path(__file__).parent / "lines"
BATCH = 500


def main() -> int:
    """Print a line for each file, and the means."""
    files = [Path(each) for each in sys.argv[1:]] or sorted(FOLDER.glob("*.csv.gz"))
    print(f"{'lines of':<16}{'lines':>7}{'templates':>11}{'Spanwise':>10}{'Drain3':>9}")
    scores: list[tuple[float, float | None]] = []
    with tempfile.TemporaryDirectory(prefix="spanwise-patterns-") as folder, process(Path(folder)) as collector:
        for file in files:
            lines, truth = read(file)
            service = file.name.split(".")[0]
            ours = accuracy(truth, grouped(collector, service, lines))
            drained = drain(lines)
            theirs = None if drained is None else accuracy(truth, drained)
            scores.append((ours, theirs))
            print(f"{service:<16}{len(lines):>7,}{len(set(truth)):>11}{ours:>10.3f}{_shown(theirs):>9}", flush=True)
    known = [theirs for _, theirs in scores if theirs is not None]
    ours = sum(score for score, _ in scores) / len(scores)
    print(f"{'mean':<34}{ours:>10.3f}{_shown(sum(known) / len(known) if known else None):>9}")
    return 0


def read(file: Path) -> tuple[list[str], list[str]]:
    """The lines of a file and the template of each."""
    found = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    rows = list(csv.DictReader(io.StringIO(found.decode("utf-8"), newline="")))
    key = "EventId" if "EventId" in rows[0] else "EventTemplate"
    return [row["Content"] for row in rows], [row[key] for row in rows]


def accuracy(truth: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    """The share of lines whose group holds exactly the lines of their template (Zhu et al., ICSE-SEIP 2019)."""
    of_template: dict[Hashable, set[int]] = defaultdict(set)
    of_group: dict[Hashable, set[int]] = defaultdict(set)
    for line, (template, group) in enumerate(zip(truth, groups, strict=True)):
        of_template[template].add(line)
        of_group[group].add(line)
    right = sum(of_template[template] == of_group[group] for template, group in zip(truth, groups, strict=True))
    return right / len(truth)


def grouped(collector: Process, service: str, lines: Sequence[str]) -> list[str]:
    """The template's id of each line, as the collector has it."""
    start = time.time_ns()
    for first in range(0, len(lines), BATCH):
        records = [
            factories.record(text, start + number, attributes={"line": number})
            for number, text in enumerate(lines[first : first + BATCH], start=first)
        ]
        answer = collector.post("/v1/logs", factories.logs(records, service).SerializeToString())
        assert answer.is_success, answer.text
    collector.settle()
    found = collector.get("/patterns", service=service, start=str(start), end="now", limit=1000)
    assert found["reason"] == "end", found["total"]
    assert all(each["form_count"] == len(each["forms"]) for each in found["patterns"])
    of_form = {form: each["id"] for each in found["patterns"] for form in each["forms"]}
    groups = [""] * len(lines)
    asked: dict[str, str | int] = {"service": service, "limit": 1000}
    while True:
        page = collector.get("/logs", **asked)
        for each in page["logs"]:
            groups[each["attributes"]["line"]] = of_form[each["pattern"]]
        if page["next_cursor"] is None:
            return groups
        asked["cursor"] = page["next_cursor"]


def drain(lines: Sequence[str]) -> list[int] | None:
    """Drain3's groups with its defaults, once it has seen every line; None where it is not installed."""
    try:
        drain3 = importlib.import_module("drain3")
        config = importlib.import_module("drain3.template_miner_config").TemplateMinerConfig()
    except ImportError:
        return None
    miner = drain3.TemplateMiner(config=config)
    return [int(miner.add_log_message(line)["cluster_id"]) for line in lines]


def _shown(score: float | None) -> str:
    return "-" if score is None else f"{score:.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
