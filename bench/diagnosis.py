"""`python -m bench.diagnosis`: whom the verdict blames in real faulty minutes, beside trivial methods."""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.collector import Collector
from bench.diagnosis_data import FOLDER, NORMAL, Fault, Recorded, Window, faults, recording, send, window

_FEWEST = 5
METHODS = ("Spanwise", "most self time", "ratio of self time", "deviation of an operation")
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """A faulty recording: by method, the rank of the culprit service."""

    fault: Fault
    ranks: Mapping[str, int]
    verdict: Mapping[str, Any]
    seconds: float


def rank(scores: Scores, culprit: str) -> int:
    """The culprit's place; whoever has the same score is put before it. Not named at all: after everybody."""
    own = scores.get(culprit, -math.inf)
    return 1 + sum(score >= own for service, score in scores.items() if service != culprit)


def self_times(spans: Sequence[Recorded]) -> dict[tuple[str, str], list[int]]:
    """The self times of each service's operations."""
    children = defaultdict(list)
    for each in spans:
        children[each.trace, each.parent].append((each.start, each.end))
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in spans:
        reached, covered = each.start, 0
        for start, end in sorted(children.get((each.trace, each.span), ())):
            covered += max(0, min(end, each.end) - max(start, reached))
            reached = max(reached, min(end, each.end))
        found[each.service, each.operation].append(max(0, each.end - each.start - covered))
    return found


def floors(before: Sequence[Recorded], now: Sequence[Recorded]) -> dict[str, Scores]:
    """What is had for nothing: each trivial method's score of every service."""
    usual, measured = self_times(before), self_times(now)
    total: dict[str, float] = defaultdict(float)
    usual_total: dict[str, float] = defaultdict(float)
    deviation: dict[str, float] = defaultdict(float)
    for (service, _), values in usual.items():
        usual_total[service] += sum(values)
    for (service, operation), values in measured.items():
        total[service] += sum(values)
        old = usual.get((service, operation), [])
        if len(old) >= _FEWEST:
            spread = statistics.stdev(old) or 1.0
            deviation[service] = max(deviation[service], abs(statistics.fmean(values) - statistics.fmean(old)) / spread)
    ratio = {service: time / usual_total[service] for service, time in total.items() if usual_total.get(service)}
    return dict(zip(METHODS[1:], (total, ratio, deviation), strict=True))


def ask(collector: Collector, asked: Window, baseline: Window) -> Mapping[str, Any]:
    """The verdict over the public API."""
    path = f"/api/v1/diagnosis?start={asked.start}&end={asked.end}"
    answer: Mapping[str, Any] = collector.get(f"{path}&baseline_start={baseline.start}&baseline_end={baseline.end}")
    return answer


def service_scores(verdict: Mapping[str, Any]) -> Scores:
    """Each service's best score."""
    found: dict[str, float] = {}
    for culprit in verdict["culprits"]:
        found.setdefault(culprit["service"], culprit["score"])
    return found


def run(folder: Path, collector: Collector) -> list[Case]:
    """Load every recording once, each after the other and by the same shift of time, then ask for each."""
    normal = recording(folder / NORMAL)
    listed = faults(folder)
    recordings = {fault.file: recording(folder / fault.file) for fault in listed}
    last = max(window(spans).end for spans in (normal, *recordings.values()))
    shift = time.time_ns() - last - 60_000_000_000
    for name, spans in ((NORMAL, normal), *recordings.items()):
        print(f"loading {name}: {len(spans):,} spans", file=sys.stderr)
        send(collector, spans, shift)
    baseline = _shifted(window(normal), shift)
    cases = []
    for fault in listed:
        began = time.monotonic()
        verdict = ask(collector, _shifted(window(recordings[fault.file]), shift), baseline)
        seconds = time.monotonic() - began
        scores = {METHODS[0]: service_scores(verdict), **floors(normal, recordings[fault.file])}
        ranks = {method: rank(found, fault.service) for method, found in scores.items()}
        cases.append(Case(fault, ranks, verdict, seconds))
    return cases


def report(cases: Sequence[Case]) -> str:
    """Each minute, then by kind the share of minutes whose culprit is first, among three and among five."""
    lines = [f"{'minute':14} {'fault':15} {'culprit':24} {'rank':>4} {'score':>6}  named first"]
    for case in cases:
        first = next(iter(case.verdict["culprits"]), {"service": "-", "score": 0.0})
        named = f"{first['service']} ({case.seconds:.2f} s)"
        lines.append(
            f"{case.fault.file.split('.')[0]:14} {case.fault.kind:15} {case.fault.service:24}"
            f" {case.ranks[METHODS[0]]:>4} {first['score']:>6.2f}  {named}"
        )
    kinds = sorted({case.fault.kind for case in cases})
    lines += ["", f"{'top-1 / top-3 / top-5, %':28}" + "".join(f"{method:>28}" for method in METHODS)]
    for kind in (*kinds, "all"):
        chosen = [case for case in cases if kind in (case.fault.kind, "all")]
        cells = [_shares([case.ranks[method] for case in chosen]) for method in METHODS]
        lines.append(f"{f'{kind} ({len(chosen)})':28}" + "".join(f"{cell:>28}" for cell in cells))
    return "\n".join(lines)


def _shares(ranks: Sequence[int]) -> str:
    return " / ".join(f"{100 * sum(rank <= limit for rank in ranks) / len(ranks):.0f}" for limit in (1, 3, 5))


def _shifted(given: Window, shift: int) -> Window:
    return Window(given.start + shift, given.end + shift)


def main() -> int:
    """Run it; exit code 1 where the recordings are not there."""
    parser = argparse.ArgumentParser(prog="python -m bench.diagnosis", description=__doc__)
    parser.add_argument("--recordings", type=Path, default=FOLDER, help="folder with the recordings and faults.json")
    folder = parser.parse_args().recordings
    if not (folder / NORMAL).exists():
        print(f"no recordings in {folder}: give --recordings", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="spanwise-diagnosis-") as data:
        collector = Collector(Path(data) / "data", Path(data) / "output")
        collector.start()
        try:
            print(report(run(folder, collector)))
        finally:
            collector.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
