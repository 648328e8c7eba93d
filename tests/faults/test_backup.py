"""A backup that is taken during ingest holds all that was acknowledged before it began, each once."""

from __future__ import annotations

import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.bodies import Bodies
from bench.client import Client, Unanswered
from bench.collector import Collector
from bench.ids import BodyIds, Shape
from bench.ledger import Ledger
from bench.ports import HOST
from tests.collector.keeping.test_delete import spanwise

CLIENTS = 4
SHAPE = Shape(spans=128, spans_of_trace=128)
SPANS_BEFORE = 20_000


@pytest.fixture
def collectors(tmp_path: Path) -> Iterator[list[Collector]]:
    made = [Collector(tmp_path / name, tmp_path / f"{name}.log") for name in ("data", "restored")]
    yield made
    for each in made:
        each.kill()


@pytest.mark.timeout(300)
def test_what_was_acknowledged_before_a_backup_is_in_it_once(
    collectors: list[Collector], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = collectors
    first.start()
    ledgers = [Ledger() for _ in range(CLIENTS)]
    clients = [threading.Thread(target=_send, args=(each, first.http, ledgers[each])) for each in range(CLIENTS)]
    for client in clients:
        client.start()
    while sum(len(ledger.acknowledged) for ledger in ledgers) * SHAPE.spans < SPANS_BEFORE:
        time.sleep(0.01)
    before = {body for ledger in ledgers for body in ledger.acknowledged.copy()}
    code, said, trouble = spanwise("backup", "while-it-runs", "--url", f"http://127.0.0.1:{first.http}")
    first.kill()
    for client in clients:
        client.join()
    assert (code, trouble) == (0, ""), said

    taken = tmp_path / "data" / "backups" / "while-it-runs"
    assert spanwise("restore", str(taken), "--check")[::2] == (0, "")
    assert spanwise("restore", str(taken), "--data", str(tmp_path / "restored"))[::2] == (0, "")
    second.start()
    _wait_until_stored(second)
    found = _spans(
        second, 1 + max(body.sequence for ledger in ledgers for body in ledger.acknowledged | ledger.unknown)
    )
    sent = Ledger().join(ledgers)
    # Of what was acknowledged while the backup ran, any part may be in it.
    audit = Ledger(before, (sent.acknowledged | sent.unknown) - before).audit(found)
    with capsys.disabled():
        waited = len(list((taken / "spool").glob("*.traces*")))
        print(f"\nbackup: {audit}; {waited} segments waited in its spool")
    assert audit.kept, str(audit)
    assert second.span_count() == found.total()
    stats = second.get("/api/v1/services")["services"]
    assert sum(each["span_count"] for each in stats) == found.total()


def _send(number: int, port: int, ledger: Ledger) -> None:
    """Send one body after the other until the collector is gone."""
    client, bodies, sequence = Client(HOST, port), Bodies(number, shape=SHAPE), 0
    while True:
        body = bodies.body(sequence, time.time_ns())
        try:
            if client.post("/v1/traces", body.gzip).accepted:
                ledger.acknowledge(body.ids)
        except Unanswered:
            ledger.doubt(body.ids)
            client.close()
            return
        sequence += 1


def _wait_until_stored(collector: Collector) -> None:
    deadline = time.monotonic() + 60
    while collector.get("/api/v1/status")["waiting_bytes"] and time.monotonic() < deadline:
        time.sleep(0.05)


def _spans(collector: Collector, sequences: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for sequence in range(sequences):
        (trace_id,) = BodyIds(SHAPE, run=0, client=0, sequence=sequence).trace_ids()
        try:
            found.update(span["span_id"] for span in collector.get(f"/api/v1/traces/{trace_id}")["spans"])
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                raise
    return found
