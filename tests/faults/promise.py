"""The promise that every fault is tested against: what was acknowledged is found, once, and nothing else is."""

from __future__ import annotations

import itertools
import os
import random
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.collector import Collector
from bench.ids import BodyIds, Shape
from bench.ledger import Audit, Ledger
from tests.faults.exporter import PAUSE_SECONDS, Exporter

SEED = int(os.environ.get("SPANWISE_SEED", str(random.randrange(2**32))))
# One body is one part of one trace, and a trace has a part from each exporter.
SHAPE = Shape(spans=32, spans_of_trace=32)
SEARCHABLE_WITHIN_SECONDS = 60.0
HONEST = {200, 429, 503}


_runs = itertools.count()


def exporters(
    port: int, count: int = 4, timeout: float = 30.0, pause: float = PAUSE_SECONDS, shape: Shape = SHAPE
) -> list[Exporter]:
    """Exporters that have not begun; their spans are like no others of this process."""
    run = next(_runs)
    return [Exporter(number, port, shape, SEED, run=run, timeout=timeout, pause=pause) for number in range(count)]


@contextmanager
def exporting(
    collector: Collector,
    port: int | None = None,
    timeout: float = 30.0,
    count: int = 4,
    pause: float = PAUSE_SECONDS,
    shape: Shape = SHAPE,
) -> Iterator[list[Exporter]]:
    """Exporters that send during the block; then their last bodies are seen through and the promise is checked.

    `port` is where they send, if not to the collector itself.
    """
    before = collector.span_count()
    sending = exporters(port or collector.http, count, timeout, pause, shape)
    for exporter in sending:
        exporter.start()
    try:
        wait_for_some(collector, sending)
        yield sending
    finally:
        for exporter in sending:
            exporter.ask_to_finish()
    see_through(collector, sending, before)


def see_through(collector: Collector, sending: Sequence[Exporter], before: int) -> None:
    """Let exporters deliver their last bodies, and check the promise; `before` is what others had stored."""
    for exporter in sending:
        exporter.finish(timeout=60.0)
    assert_kept(collector, sending, audit(collector, sending, before), before)


def acknowledged(sending: Sequence[Exporter]) -> int:
    """How many bodies are acknowledged at this moment."""
    return sum(exporter.statuses[200] for exporter in sending)


def answers(collector: Collector) -> bool:
    """Whether questions are answered, from what was stored before."""
    names = [each["name"] for each in collector.get("/api/v1/services?start=0")["services"]]
    return bool(names) and bool(collector.get("/healthz") == {"status": "ok"})


def wait_for_some(collector: Collector, sending: Sequence[Exporter]) -> None:
    """Until some of what is sent can be searched."""
    wait_for_more(sending)
    while not answers(collector):
        time.sleep(0.02)


def wait_for_more(sending: Sequence[Exporter], bodies: int = 20) -> None:
    """Until so many more bodies are acknowledged; raises `TimeoutError` after a minute."""
    wanted, deadline = acknowledged(sending) + bodies, time.monotonic() + SEARCHABLE_WITHIN_SECONDS
    while acknowledged(sending) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"seed {SEED}: nothing is acknowledged: {[each.statuses for each in sending]}")
        time.sleep(0.02)


def wait_until_stored(collector: Collector) -> None:
    """Until nothing waits for the store; raises `TimeoutError` after a minute."""
    deadline = time.monotonic() + SEARCHABLE_WITHIN_SECONDS
    while collector.get("/api/v1/status")["waiting_bytes"]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"seed {SEED}: something is not stored")
        time.sleep(0.02)


def audit(collector: Collector, sending: Sequence[Exporter], before: int = 0) -> Audit:
    """Read every trace back, once what is owed can be searched, and compare. `before` is what others had stored.

    The count of spans alone is no sign: an insert shows in one table after the other, and is done when nothing waits.
    """
    ledger = Ledger().join(exporter.ledger for exporter in sending)
    owed = sum(body.shape.spans for body in ledger.acknowledged)
    deadline = time.monotonic() + SEARCHABLE_WITHIN_SECONDS
    while time.monotonic() < deadline:
        status = collector.get("/api/v1/status")
        if status["span_count"] >= before + owed and not status["waiting_bytes"]:
            break
        time.sleep(0.1)
    found = ledger.audit(_spans_of_all_traces(collector, sending))
    if not found.kept:
        again = ledger.audit(_spans_of_all_traces(collector, sending))
        print(f"seed {SEED}: {found}; asked again: {again}", *_places(ledger, found.missing), sep="\n")
    return found


def _places(ledger: Ledger, missing: Sequence[str]) -> list[str]:
    """Which span of which body each missing one is."""
    places = {
        span_id: f"missing: span {span_id}, number {number} of body {body.sequence} of exporter {body.client},"
        f" trace {body.trace_ids()[0]}"
        for body in ledger.acknowledged
        for number, span_id in enumerate(body.span_ids())
    }
    return [places[each] for each in missing]


def assert_kept(collector: Collector, sending: Sequence[Exporter], found: Audit, before: int = 0) -> None:
    """Nothing lost, doubled or invented, and no answer that makes an exporter throw its data away."""
    assert [answer for exporter in sending for answer in exporter.refused] == []
    assert {status for exporter in sending for status in exporter.statuses} <= HONEST
    assert found.kept, f"seed {SEED}: {found}\n{collector.last_words()}"
    assert collector.span_count() - before == found.found


def _spans_of_all_traces(collector: Collector, sending: Sequence[Exporter]) -> Counter[str]:
    """How often each span is in the answers to a request for each trace that was sent."""
    found: Counter[str] = Counter()
    for sequence in range(max(exporter.sequence for exporter in sending) + 1):
        (trace_id,) = BodyIds(sending[0].shape, run=sending[0].run_number, client=0, sequence=sequence).trace_ids()
        try:
            trace = collector.get(f"/api/v1/traces/{trace_id}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise AssertionError(error.read()) from error
            error.close()
            continue
        found.update(span["span_id"] for span in trace["spans"])
    return found
