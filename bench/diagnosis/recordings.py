"""Real faulty minutes of a shop (data of Nezha, MIT): traces without status, no logs, one normal minute."""

from __future__ import annotations

import csv
import json
import lzma
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.collector import Collector
from bench.diagnosis.floors import FLOORS, floors, rank, shares
from bench.diagnosis.recorded import Sender, Span, Window

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "onlineboutique"
NORMAL: Final = "normal.csv.xz"
_OURS: Final = "Spanwise"
_SHOWN: Final = (_OURS, *FLOORS[:3])


@dataclass(frozen=True, slots=True)
class Case:
    """A faulty recording: by method, the rank of the culprit service."""

    file: str
    kind: str
    service: str
    ranks: Mapping[str, int]
    verdict: Mapping[str, Any]
    seconds: float


def recording(path: Path) -> list[Span]:
    """The spans of a file."""
    with lzma.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return [
            Span(
                int(trace, 16),
                int(span, 16),
                0 if parent == "root" else int(parent, 16),
                pod.rsplit("-", 2)[0],
                pod,
                operation,
                0,
                int(start),
                int(end),
            )
            for trace, span, parent, pod, operation, start, end in rows
        ]


def window(spans: Sequence[Span]) -> Window:
    """The shortest window with every start of the spans in it."""
    return Window(min(each.start for each in spans), max(each.start for each in spans) + 1)


def ask(collector: Collector, asked: Window, baseline: Window) -> tuple[Mapping[str, Any], float]:
    """The verdict over the public API, and how many seconds it took."""
    began = time.monotonic()
    path = f"/api/v1/diagnosis?start={asked.start}&end={asked.end}"
    answer: Mapping[str, Any] = collector.get(f"{path}&baseline_start={baseline.start}&baseline_end={baseline.end}")
    return answer, time.monotonic() - began


def named(verdict: Mapping[str, Any], key: str = "service") -> dict[str, float]:
    """Each service's (or other `key`'s) best score."""
    found: dict[str, float] = {}
    for culprit in verdict["culprits"]:
        found.setdefault(culprit[key], culprit["score"])
    return found


def run(folder: Path, collector: Collector) -> list[Case]:
    """Load every recording once, each after the other and by the same shift of time, then ask for each."""
    normal = recording(folder / NORMAL)
    listed = json.loads((folder / "faults.json").read_text(encoding="utf-8"))
    recordings = {each["file"]: recording(folder / each["file"]) for each in listed}
    last = max(window(spans).end for spans in (normal, *recordings.values()))
    shift = time.time_ns() - last - 60_000_000_000
    sender = Sender(collector)
    for name, spans in ((NORMAL, normal), *recordings.items()):
        print(f"loading {name}: {len(spans):,} spans", file=sys.stderr)
        sender.spans(spans, shift)
    sender.settle()
    baseline = window(normal).shifted(shift)
    cases = []
    for each in listed:
        spans = recordings[each["file"]]
        verdict, seconds = ask(collector, window(spans).shifted(shift), baseline)
        scores = {_OURS: named(verdict), **floors(normal, spans)}
        ranks = {method: rank(found, each["service"]) for method, found in scores.items()}
        cases.append(Case(each["file"].split(".")[0], each["fault"], each["service"], ranks, verdict, seconds))
    return cases


def report(cases: Sequence[Case]) -> str:
    """Each minute, then by kind the share of minutes whose culprit is first, among three and among five."""
    lines = [f"{'minute':14} {'fault':15} {'culprit':24} {'rank':>4} {'score':>6}  named first"]
    for case in cases:
        first = next(iter(case.verdict["culprits"]), {"service": "-", "score": 0.0})
        lines.append(
            f"{case.file:14} {case.kind:15} {case.service:24} {case.ranks[_OURS]:>4} {first['score']:>6.2f}"
            f"  {first['service']} ({case.seconds:.2f} s)"
        )
    lines += ["", f"{'top-1 / top-3 / top-5, %':28}" + "".join(f"{method:>28}" for method in _SHOWN)]
    for kind in (*sorted({case.kind for case in cases}), "all"):
        chosen = [case for case in cases if kind in (case.kind, "all")]
        cells = [shares([case.ranks[method] for case in chosen]) for method in _SHOWN]
        lines.append(f"{f'{kind} ({len(chosen)})':28}" + "".join(f"{cell:>28}" for cell in cells))
    return "\n".join(lines)
