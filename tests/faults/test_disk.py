"""A disk that fails or is full, under a whole collector: nothing is acknowledged that is not safe, and it recovers."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.bodies import Bodies, Body
from bench.client import Client
from bench.collector import Collector
from bench.ports import HOST
from tests import factories
from tests.collector.keeping.test_delete import spanwise
from tests.collector.process import process, refused
from tests.factories import span
from tests.faults import promise
from tests.faults.calls import Calls, all_calls_failing
from tests.faults.conftest import Failing
from tests.faults.exporter import Exporter
from tests.faults.promise import SEED

SPOOL_FAULTS = [("sync", errno.EIO), ("write", errno.ENOSPC), ("open", errno.EMFILE), ("sync", errno.ENOSPC)]
# As a disk that the kernel has made read-only after an error.
SPOOL_FAULTS += [("write", errno.EROFS), ("open", errno.EROFS)]


def test_a_spool_whose_disk_fails_acknowledges_nothing_and_goes_on_when_it_works(failing: Failing) -> None:
    collector, calls = failing
    chance = random.Random(SEED)
    with promise.exporting(collector) as sending:
        for call, error in SPOOL_FAULTS:
            promise.wait_for_more(sending)
            time.sleep(chance.uniform(0, 0.1))
            before = calls.failed
            with calls.failing("/data/spool/", call, error):
                _wait_for_refusals(sending)
                assert promise.answers(collector)
            assert calls.failed > before
        promise.wait_for_more(sending)


@pytest.mark.parametrize(("calls", "error"), [("fsync,fdatasync", "EIO"), ("openat", "ENOSPC")])
def test_a_disk_that_fails_under_spool_and_store_loses_nothing(
    failing: Failing, tmp_path: Path, calls: str, error: str
) -> None:
    collector, _ = failing
    with promise.exporting(collector) as sending:
        with all_calls_failing(collector.process.pid, calls, error, tmp_path / "strace"):
            _wait_for_refusals(sending)
        promise.wait_for_more(sending)
    assert collector.get("/api/v1/health")["set_aside"] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "none", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"NOT TESTED: a full disk needs the right to mount one: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_full_is_waited_for(small_disk: Path, tmp_path: Path) -> None:
    collector = Collector(small_disk / "data", tmp_path / "collector.log")
    collector.start()
    try:
        with promise.exporting(collector) as sending:
            filler = small_disk / "filler"
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(65536))
            _wait_for_refusals(sending)
            assert promise.answers(collector)
            filler.unlink()
            promise.wait_for_more(sending)
        assert collector.stop() == 0
    finally:
        collector.kill()


def test_a_start_on_a_full_disk_is_refused_in_a_sentence_and_works_when_there_is_room(small_disk: Path) -> None:
    with process(small_disk / "data") as first:
        assert first.post("/v1/traces", factories.traces([span("a" * 32)]).SerializeToString()).status_code == 200
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    assert refused(small_disk / "data") == (
        1,
        f"spanwise up: The disk of the data folder {small_disk / 'data'} is full. Free some of it and start again:"
        " what was acknowledged is still there.\n",
    )
    filler.unlink()
    with process(small_disk / "data") as second:
        second.settle()
        assert second.get(f"/traces/{'a' * 32}")["span_count"] == 1


def test_a_backup_to_a_full_disk_says_so_leaves_nothing_there_and_works_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    filler = small_disk / "filler"
    with process(tmp_path / "data", "--backup-dir", str(small_disk)) as collector:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.truncate(filler, filler.stat().st_size - 2**14)  # for the folders alone
        failed = spanwise("backup", "one", "--url", f"http://{collector.http}")
        left = [path.name for path in small_disk.iterdir()]
        filler.unlink()
        code, _, trouble = spanwise("backup", "one", "--url", f"http://{collector.http}")
    assert (failed[0], left) == (1, ["filler"])
    assert (
        f"The disk of {small_disk / 'one'} is full. Free some of it: nothing of the backup is left there; ask for it"
        " again, or in a backup_dir on another disk."
    ) in failed[2]
    assert (code, trouble) == (0, "")


def test_a_segment_whose_sync_failed_is_never_written_again(tmp_path: Path) -> None:
    calls, flags = Calls(tmp_path), ("--spool-segment-age", "1h")
    collector = Collector(tmp_path / "data", tmp_path / "collector.log", flags=flags, variables=calls.variables)
    bodies = [Bodies(0, shape=promise.SHAPE).body(sequence, time.time_ns()) for sequence in range(2)]
    collector.start()
    try:
        _, failed = _send(collector, bodies[0])
        # A second name for the file: the collector may do with its own what it likes.
        (tmp_path / "failed").hardlink_to(failed)
        acknowledged = (tmp_path / "failed").read_bytes()
        with calls.failing(".traces.open", "sync", errno.EIO):
            time.sleep(0.1)
            statuses = [_send(collector, bodies[1])[0] for _ in range(3)]
        assert (statuses, calls.failed > 0) == ([503] * 3, True)
        while (answer := _send(collector, bodies[1]))[0] != 200:
            assert answer[0] == 503
            time.sleep(0.02)
        assert not answer[1].samefile(tmp_path / "failed")
        assert (tmp_path / "failed").read_bytes() == acknowledged
        collector.kill()
        collector.start()
        promise.wait_until_stored(collector)
        assert {body.ids.trace_ids()[0]: _found(collector, body) for body in bodies} == {
            body.ids.trace_ids()[0]: sorted(body.ids.span_ids()) for body in bodies
        }
    finally:
        collector.kill()


def test_a_start_on_a_disk_that_fails_is_refused_in_a_sentence_and_works_when_it_does_not(tmp_path: Path) -> None:
    calls = Calls(tmp_path)
    collector = Collector(tmp_path / "data", tmp_path / "collector.log", variables=calls.variables)
    try:
        with calls.failing("/data/spool", "sync", errno.EIO):
            collector.launch()
            assert collector.process.wait(60) == 1
        assert collector.last_words() == (
            f"spanwise up: The spool {tmp_path / 'data' / 'spool'} cannot be put in order: Input/output error. Nothing"
            " was accepted, and what was acknowledged is still there: see to the disk (dmesg) and start again."
        )
        collector.start()
        assert collector.stop() == 0
    finally:
        collector.kill()


def _send(collector: Collector, body: Body) -> tuple[int, Path]:
    """The answer's status, and the newest file of the spool then."""
    client = Client(HOST, collector.http)
    status = client.post("/v1/traces", body.gzip).status
    client.close()
    return status, max((collector.data / "spool").glob("*.traces*"), default=Path())


def _found(collector: Collector, body: Body) -> list[str]:
    (trace_id,) = body.ids.trace_ids()
    return sorted(span["span_id"] for span in collector.get(f"/api/v1/traces/{trace_id}")["spans"])


def _wait_for_refusals(sending: list[Exporter]) -> None:
    wanted, deadline = _refused(sending) + 10, time.monotonic() + 60
    while _refused(sending) < wanted:
        assert time.monotonic() < deadline, f"seed {SEED}: nothing was refused"
        time.sleep(0.02)


def _refused(sending: list[Exporter]) -> int:
    return sum(exporter.statuses[503] for exporter in sending)
