"""The example shop as real processes, with its faults switched on one after the other: whom the verdict names."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.collector import Collector
from bench.diagnosis.floors import rank
from bench.diagnosis.recorded import Window
from bench.diagnosis.recordings import ask, named
from bench.ports import HOST
from examples.shop.faults import Fault
from examples.shop.shop import Place, Shop
from examples.shop.topology import Kind

_WARM_UP: Final = 5.0
_BASELINE: Final = 30.0
_WINDOW: Final = 10.0
_PAUSE: Final = 4.0
_SETTLED: Final = 8.0
_RATE: Final = "8"
_FAULTS: Final = (
    ("catalog", Kind.SLOW_QUERY, 0.3, None),
    ("inventory", Kind.CPU_BURN, 0.2, None),
    ("payments", Kind.NETWORK_DELAY, 0.5, "checkout"),
    ("fraud", Kind.EXCEPTION, 0.8, None),
    ("cart", Kind.EARLY_RETURN, 0.8, None),
    ("checkout", Kind.RETRY_STORM, 0.5, None),
    ("notifications", Kind.N_PLUS_ONE, 1.0, None),
    ("inventory", Kind.POOL_EXHAUSTED, 0.5, None),
    ("payments", Kind.STOP, 1.0, None),
    ("cart", Kind.KILL, 1.0, None),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A window of the shop; `kind` is "" where nothing was switched on."""

    service: str
    kind: str
    window: Window


def run(collector: Collector) -> str:
    """Ten seconds of each fault against half a minute without, and one more window without."""
    place = Place(port=0, seed=7, collector=f"http://{HOST}:{collector.http}")
    with Shop(place) as shop:
        words = [sys.executable, "-m", "examples.shop", "traffic", shop.addresses[shop.gateway]]
        customers = subprocess.Popen([*words, "--rate", _RATE, "--seed", "7"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(_WARM_UP)
            baseline = _passed(_BASELINE)
            cases = [Case("", "", _passed(_WINDOW))]
            for service, kind, level, caller in _FAULTS:
                print(f"{kind} at {service}", file=sys.stderr)
                shop.nodes[service].switch_on(Fault(kind, level, caller), None)
                cases.append(Case(service, kind, _passed(_WINDOW)))
                shop.nodes[service].clear(kind)
                time.sleep(_PAUSE)
            time.sleep(_SETTLED)
        finally:
            customers.terminate()
            customers.wait()
    return report(collector, baseline, cases)


def _passed(seconds: float) -> Window:
    start = time.time_ns()
    time.sleep(seconds)
    return Window(start, time.time_ns())


def report(collector: Collector, baseline: Window, cases: Sequence[Case]) -> str:
    """Each window with the culprit's rank and who was named first."""
    lines = [f"{'fault':16} {'culprit':14} {'rank':>4} {'score':>6}  named first"]
    for case in cases:
        verdict, _ = ask(collector, case.window, baseline)
        scores = named(verdict)
        first = next(iter(verdict["culprits"]), {"service": "-", "score": 0.0, "claim": ""})
        place = rank(scores, case.service) if case.kind else 0
        lines.append(
            f"{case.kind or 'none':16} {case.service or '-':14} {place or '-':>4} {first['score']:>6.2f}"
            f"  {first['service']}: {first['claim']}"
        )
    return "\n".join(lines)
