"""Three times the load that the collector can take: what is refused and how, what is kept, and how soon it is over.

The collector gets one half of the cores and the clients the other: on all of them together, clients that are three
times as many only take from the collector what it would need to be overrun. A client that waits for an answer before it
sends again offers what is taken and no more, however many of them there are: so each has many requests under way. And
the collector is told to hold few bodies in memory, so that it refuses after a second or two of work in hand; with its
default, thousands of requests would wait, and as many connections be needed.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.bodies import Bodies
from bench.client import Client, Unanswered
from bench.collector import Collector
from bench.ids import BodyIds, Shape
from bench.load import Load, Plan, Tally
from bench.ports import HOST
from bench.progress import Progress
from bench.stats import bytes_text, percentile

TIMES = 3
MEMORY_CAP = 1_500_000_000
_CONNECTIONS = 32
_MEANT = 1.1
_INFLIGHT = "8MiB"
_POLL_SECONDS = 0.25
_DRAIN_SECONDS = 900.0
_IN_A_ROW = 20
_PAUSE_SECONDS = 0.05
_SAMPLED_BODIES = 40
_SAMPLED_TRACES = 4
_GOALS = {"accepted": 0.8, "seconds": 5.0}


@dataclass(frozen=True, slots=True)
class Overload:
    """What was seen. Rates are spans a second; `normal_after` is in seconds, and so is `stored_after`."""

    best: float
    seconds: float
    offered: float
    accepted: float
    answers: dict[str, int]
    peak_memory: int
    normal_after: float
    stored_after: float
    acknowledged: int
    unknown: int
    found: int
    sampled: int
    missing: int
    duplicate: int


def measure(seconds: float, clients: int, shape: Shape, folder: Path) -> Overload:
    """Find the best rate, offer three times as much from three times as many clients, and read back what was taken."""
    collector = _beside_the_clients(folder)
    collector.start()
    try:
        calm = _send("best", collector, Plan(collector.http, seconds, clients, run=0, shape=shape))
        best = calm.bodies * shape.spans / seconds
        _wait_until_stored(collector)
        before = collector.span_count()
        plan = Plan(
            collector.http,
            seconds,
            TIMES * clients,
            run=1,
            shape=shape,
            # A little more, since the first second is lost to making connections.
            rate=_MEANT * TIMES * best,
            resend=False,
            connections=_CONNECTIONS,
        )
        storm = _send("overload", collector, plan)
        ended = time.monotonic()
        probes = _until_normal(collector, percentile(calm.seconds_to_answer, 99))
        normal = time.monotonic()
        _wait_until_stored(collector)
        stored = time.monotonic()
        found = collector.span_count() - before - probes * _PROBE.spans
        sampled = _sampled(collector, storm, shape)
        return Overload(
            best=best,
            seconds=seconds,
            offered=storm.sent * shape.spans / seconds,
            accepted=storm.bodies * shape.spans / seconds,
            answers={"answered 200": storm.bodies, **storm.errors},
            peak_memory=collector.peak_memory(),
            normal_after=normal - ended,
            stored_after=stored - ended,
            acknowledged=storm.bodies * shape.spans,
            unknown=len(storm.unknown) * shape.spans,
            found=found,
            sampled=sampled.total(),
            missing=sampled[0],
            duplicate=sampled.total() - sampled[0] - sampled[1],
        )
    finally:
        collector.stop()


def _beside_the_clients(folder: Path) -> Collector:
    """A collector on the first half of the cores; this process and the clients it starts keep to the others."""
    cores = sorted(os.sched_getaffinity(0))
    its = ",".join(map(str, cores[: len(cores) // 2] or cores))
    os.sched_setaffinity(0, cores[len(cores) // 2 :])
    command = ("taskset", "--cpu-list", its, str(Path(sys.executable).with_name("spanwise")))
    return Collector(
        folder / "data", folder / "collector.log", command=command, flags=("--max-inflight-bytes", _INFLIGHT)
    )


def as_text(found: Overload) -> Iterator[str]:
    """The figures as lines, each with its goal."""
    refused = {name: count for name, count in found.answers.items() if name not in _HONEST}
    kept = found.acknowledged <= found.found <= found.acknowledged + found.unknown
    yield f"overload: {found.seconds:.0f} s at {TIMES} times the best rate, {found.best:,.0f} spans/s"
    yield (
        f"  offered                {found.offered:,.0f} spans/s ({found.offered / found.best:.1f} times the best;"
        f" meant {TIMES})"
    )
    yield (
        f"  accepted               {found.accepted:,.0f} spans/s, {found.accepted / found.best:.0%} of the best"
        f" (goal {_GOALS['accepted']:.0%})"
    )
    yield f"  answers                {', '.join(f'{count:,} {name}' for name, count in sorted(found.answers.items()))}"
    yield f"  other than 200/429/503 {sum(refused.values())} (goal 0)"
    yield f"  memory, peak           {bytes_text(found.peak_memory)} (cap {bytes_text(MEMORY_CAP)})"
    yield f"  normal again after     {found.normal_after:.1f} s (goal {_GOALS['seconds']:.0f} s)"
    yield f"  all of it stored after {found.stored_after:.1f} s"
    yield (
        f"  ledger                 {found.acknowledged:,} spans acknowledged, {found.unknown:,} of unknown outcome,"
        f" {found.found:,} found: {'kept' if kept else 'NOT KEPT'}"
    )
    yield f"  read back by id        {found.sampled:,} of them: {found.missing} missing, {found.duplicate} duplicate"


_HONEST = {"answered 200", "answered 429", "answered 503"}
_PROBE = Shape(spans=8, spans_of_trace=8)


def _send(name: str, collector: Collector, plan: Plan) -> Tally:
    before = collector.span_count()
    load = Load(plan)
    load.start()
    progress = Progress(name, plan.seconds)
    while load.sending():
        time.sleep(_POLL_SECONDS)
        progress.show(load.acknowledged(), collector.span_count() - before)
    progress.end()
    return load.result()


def _until_normal(collector: Collector, usual: float) -> int:
    """Send small bodies until so many in a row are answered as before the storm; how many were taken."""
    bodies = Bodies(0, run=2, shape=_PROBE)
    deadline, sequence, taken, good = time.monotonic() + _DRAIN_SECONDS, 0, 0, 0
    with Client(HOST, collector.http) as client:
        while good < _IN_A_ROW and time.monotonic() < deadline:
            began = time.monotonic()
            try:
                accepted = client.post("/v1/traces", bodies.body(sequence, time.time_ns()).gzip).accepted
            except Unanswered:
                accepted = False
            good = good + 1 if accepted and time.monotonic() - began <= 2 * usual else 0
            taken += accepted
            sequence += 1
            time.sleep(_PAUSE_SECONDS)
    return taken


def _wait_until_stored(collector: Collector) -> None:
    deadline = time.monotonic() + _DRAIN_SECONDS
    while collector.get("/api/v1/status")["waiting_bytes"]:
        if time.monotonic() > deadline:
            raise TimeoutError("What was acknowledged is not stored after a quarter of an hour.")
        time.sleep(_POLL_SECONDS)


def _sampled(collector: Collector, storm: Tally, shape: Shape) -> Counter[int]:
    """How often spans of some acknowledged bodies are in their traces: 0 times is missing, once is right."""
    draw, often = random.Random(1), Counter[int]()
    for client, sequence in draw.sample(storm.taken, min(_SAMPLED_BODIES, len(storm.taken))):
        ids = BodyIds(shape, 1, client, sequence)
        traces, own, size = ids.trace_ids(), ids.span_ids(), shape.spans_of_trace
        for place in draw.sample(range(len(traces)), min(_SAMPLED_TRACES, len(traces))):
            answer = collector.get(f"/api/v1/traces/{traces[place]}")
            seen = Counter(span["span_id"] for span in answer["spans"])
            often.update(seen[span_id] for span_id in own[place * size : (place + 1) * size])
    return often
