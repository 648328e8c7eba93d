"""Simulated systems with every fault that they can have: whom the verdict names, by kind of fault and of telemetry."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from bench.collector import Collector
from bench.diagnosis.floors import FLOORS, floors, rank, shares
from bench.diagnosis.grown import grow
from bench.diagnosis.injected import ROUGH_KINDS, Fault, every_fault
from bench.diagnosis.recorded import Sender, Window
from bench.diagnosis.recordings import ask, named
from bench.diagnosis.serving import Recording
from bench.diagnosis.systems import SYSTEMS, System

_SECOND: Final = 1_000_000_000
_BASELINE: Final = 60 * _SECOND
_WINDOW: Final = 15 * _SECOND
# Between windows: calls and messages of one may last into the next.
_PAUSE: Final = 15 * _SECOND
_FAULT_FREE: Final = 8
_ROUGH_WINDOW: Final = 60 * _SECOND
_OURS: Final = "Spanwise"

Telemetry: TypeAlias = Literal[
    "all", "no status, no logs", "servers only, no logs", "logs with trace ids", "logs without ids"
]
TELEMETRY: Final[tuple[Telemetry, ...]] = (
    "all",
    "no status, no logs",
    "servers only, no logs",
    "logs with trace ids",
    "logs without ids",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A window that was asked for; `fault` is None in one without."""

    system: str
    telemetry: Telemetry
    fault: Fault | None
    ranks: Mapping[str, int]
    instance: int
    score: float
    verdict: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Laid:
    """Where a system's windows lie in time."""

    system: System
    telemetry: Telemetry
    baseline: Window
    windows: list[tuple[Fault | None, Window, dict[str, Mapping[str, float]]]]


@dataclass(frozen=True, slots=True)
class Rough:
    """Minutes of which no two are alike, and more kinds of faults; of each system so many of them at random."""

    faults: int


def run(
    collector: Collector,
    seeds: Sequence[int],
    systems: Sequence[str],
    telemetry: Sequence[Telemetry],
    rough: Rough | None = None,
) -> list[Case]:
    """Every system with every seed with all telemetry; with the first seed a quarter of it with each poorer one."""
    plan = [(named_system(name), seed, kind) for name in systems for seed in seeds for kind in telemetry]
    plan = [each for each in plan if each[2] == "all" or each[1] == seeds[0]]
    window = _ROUGH_WINDOW if rough else _WINDOW
    most = max(len(every_fault(system, ROUGH_KINDS)) for system, _, _ in plan) if rough is None else rough.faults
    clock = time.time_ns() - len(plan) * (2 * _BASELINE + (_FAULT_FREE + most) * (window + _PAUSE)) - 60 * _SECOND
    sender = Sender(collector)
    laid = []
    for system, seed, kind in plan:
        print(f"simulating {system.name}, seed {seed}, {kind}", file=sys.stderr)
        each = _lay(sender, system, seed, kind, clock, rough)
        laid.append(each)
        clock = each.windows[-1][1].end + _PAUSE
    sender.settle()
    return [case for each in laid for case in _asked(collector, each)]


def named_system(name: str) -> System:
    """One of those that are written down, or `grown-SEED`; raises ValueError."""
    if name in SYSTEMS:
        return SYSTEMS[name]
    kind, _, seed = name.partition("-")
    if kind != "grown" or not seed.isdecimal():
        raise ValueError(f"there is no system {name}: {', '.join(SYSTEMS)}, or grown-SEED")
    return grow(int(seed))


def _faults(system: System, telemetry: Telemetry, normal: Recording, seed: int, rough: Rough | None) -> list[Fault]:
    """Light and heavy ones by turns, so that of a quarter both are there as well."""
    if rough:
        faults = [each for each in every_fault(system, ROUGH_KINDS) if each.can_show(normal.spans)]
        return random.Random(seed).sample(faults, min(rough.faults, len(faults)))
    faults = every_fault(system)
    return faults if telemetry == "all" else [each for at, each in enumerate(faults) if at % 8 in (0, 3)]


def _lay(sender: Sender, system: System, seed: int, telemetry: Telemetry, clock: int, rough: Rough | None) -> _Laid:
    length = _ROUGH_WINDOW if rough else _WINDOW
    normal = Recording(system, seed, _BASELINE, rough=rough is not None).run()
    _send(sender, normal, telemetry, clock)
    baseline = Window(clock, clock + _BASELINE)
    clock += _BASELINE + _PAUSE
    windows = []
    faults: list[Fault | None] = [*[None] * _FAULT_FREE, *_faults(system, telemetry, normal, seed, rough)]
    for number, fault in enumerate(faults):
        recording = Recording(system, seed, length, fault, number, rough=rough is not None).run()
        _send(sender, recording, telemetry, clock)
        windows.append((fault, Window(clock, clock + length), floors(normal.spans, recording.spans)))
        clock += length + _PAUSE
    return _Laid(system, telemetry, baseline, windows)


def _send(sender: Sender, recording: Recording, telemetry: Telemetry, clock: int) -> None:
    if telemetry in ("all", "no status, no logs"):
        sender.spans(recording.spans, clock, status=telemetry == "all")
    elif telemetry == "servers only, no logs":
        sender.spans(recording.servers(), clock)
    if "no logs" not in telemetry:
        sender.records(recording.records, clock, ids=telemetry != "logs without ids")


def _asked(collector: Collector, laid: _Laid) -> Iterator[Case]:
    for fault, window, trivial in laid.windows:
        verdict, seconds = ask(collector, window, laid.baseline)
        scores = {_OURS: named(verdict), **trivial}
        ranks = {} if fault is None else {name: rank(found, fault.service) for name, found in scores.items()}
        instance = 0 if fault is None else rank(named(verdict, "instance"), fault.instance)
        score = max((each["score"] for each in verdict["culprits"]), default=0.0)
        yield Case(laid.system.name, laid.telemetry, fault, ranks, instance, score, verdict, seconds)


def report(cases: Sequence[Case]) -> str:
    """For each kind of telemetry: by fault and by system who is named, beside the floors, and the false alarms."""
    lines = []
    for telemetry in TELEMETRY:
        chosen = [case for case in cases if case.telemetry == telemetry]
        if chosen:
            lines += ["", *_table(telemetry, chosen)]
    seconds = sorted(case.seconds for case in cases)
    lines += ["", f"A verdict took {seconds[len(seconds) // 2]:.2f} s, at most {seconds[-1]:.2f} s."]
    return "\n".join(lines)


def _table(telemetry: Telemetry, cases: Sequence[Case]) -> Iterator[str]:
    trivial = FLOORS if telemetry == "all" else ()
    head = f"{f'{telemetry}: top-1/3/5, %':36}{'service':>16}{'instance':>16}"
    yield head + "".join(f"{name:>27}" for name in trivial)
    faulty = [case for case in cases if case.fault is not None]
    rows: list[tuple[str, list[Case]]] = [
        (kind, [case for case in faulty if case.fault and case.fault.kind == kind]) for kind in ROUGH_KINDS
    ]
    for heavy in (False, True):
        weight = [case for case in faulty if case.fault and case.fault.heavy == heavy]
        rows.append(("heavy" if heavy else "light", weight))
    names = dict.fromkeys(case.system for case in faulty)
    rows += [(name, [case for case in faulty if case.system == name]) for name in names]
    rows.append(("all", faulty))
    for name, chosen in rows:
        if chosen:
            cells = "".join(f"{shares([case.ranks[method] for case in chosen]):>27}" for method in trivial)
            ours = (
                f"{shares([case.ranks[_OURS] for case in chosen]):>16}{shares([case.instance for case in chosen]):>16}"
            )
            yield f"{f'{name} ({len(chosen)})':36}{ours}{cells}"
    free = [case for case in cases if case.fault is None]
    alarms = sum(case.verdict["verdict"] == "culprit" for case in free)
    quiet = sum(case.verdict["verdict"] != "culprit" for case in faulty)
    top = max(case.score for case in free)
    yield f"false alarms: {alarms} of {len(free)} windows without a fault, highest score {top:.2f}"
    yield f"faults called nothing unusual: {quiet} of {len(faulty)}"
