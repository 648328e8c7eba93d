"""Files of next to nothing on the wire that would be gigabytes in memory: an import is bounded as a request is."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.errors import BadData, BodyTooLarge, Overloaded
from spanwise_collector.receive import imported, parquet_process
from spanwise_collector.receive.import_files import Frames
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.parquet_process import ParquetFiles
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal, Spool
from spanwise_collector.spool.frame import varint

MIB = 2**20
# A frame of 8 MiB of empty spans, read in a process whose memory is nobody else's.
READ = """
from spanwise_collector.receive.import_files import Frames
from spanwise_collector.spool.frame import varint

def inside(number, content):
    return bytes([number << 3 | 2]) + varint(len(content)) + content

def peak():
    # Of this program alone: what `getrusage` tells may be of the process that started it.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

frame = inside(1, inside(2, inside(2, b"") * (4 * 2**20)))
piece = varint(len(frame)) + frame
before = peak()
[(signal, body)] = Frames("otlp").decode(piece).bodies
assert (signal, body) == ("logs", frame), signal
print(peak() - before)
"""
# A reader of Parquet that is busy over a second's end in its first batch, and for ever in its second.
SPIN = """
import resource, sys, time
from types import SimpleNamespace
from spanwise_collector.receive import parquet_process as process

def read(file):
    begun = int(time.process_time())
    before, _ = resource.getrlimit(resource.RLIMIT_CPU)
    while int(time.process_time()) == begun:
        pass
    yield [None]
    after, _ = resource.getrlimit(resource.RLIMIT_CPU)
    print(after - before, file=sys.stderr, flush=True)
    while True:
        pass

process._BATCH_SECONDS = 1
process.parquet = SimpleNamespace(read=read)
process.wire = SimpleNamespace(to_request=lambda batch: SimpleNamespace(SerializeToString=lambda: b""))
sys.exit(process.main())
"""


class Sending:
    """A request whose body comes as `chunks` say, and ends only when it is told to."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.over = asyncio.Event()
        self.taken = asyncio.Event()

    async def stream(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        self.taken.set()
        await self.over.wait()


class Importing:
    """Imports of one collector, without a socket."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.settings = Settings.load(["--data", str(folder), *flags])
        self.spool = Spool(folder / "spool", segment_age=3600)
        self.spool.start()
        self.intake = Intake(self.spool, self.settings.max_inflight_bytes)
        self._room = imported._Room(self.settings)

    async def run(self, sending: Sending) -> imported.Imported:
        made = imported._Import(self.intake, self.settings, "default", self._room)
        return await made.run(cast(Any, sending), None)

    def close(self) -> None:
        self.spool.close()
        self.intake.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
def test_the_signal_of_a_frame_is_told_without_its_messages() -> None:
    ended = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) * 1024 < 64 * MIB


@pytest.mark.parametrize(
    ("ids", "expected"),
    [((b"", b"\1" * 8), Signal.TRACES), ((b"\1" * 16, b""), Signal.TRACES), (None, Signal.LOGS)],
    ids=["a span id", "a trace id", "a record"],
)
def test_a_span_is_told_by_its_ids_also_after_one_without(ids: tuple[bytes, bytes] | None, expected: Signal) -> None:
    traces, logs = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    if ids:
        spans = traces.resource_spans.add().scope_spans.add().spans
        spans.add(name="none")
        spans.add(trace_id=ids[0], span_id=ids[1])
    else:
        records = logs.resource_logs.add().scope_logs.add().log_records
        records.add(severity_text="only")
        records.add(time_unix_nano=1, severity_number=9, trace_id=b"\1" * 16, span_id=b"\1" * 8)
    body = (traces if ids else logs).SerializeToString()
    assert Frames("otlp").decode(varint(len(body)) + body).bodies == [(expected, body)]


def test_a_line_of_many_objects_is_refused_before_it_is_read(tmp_path: Path) -> None:
    importing = Importing(tmp_path, "--max-inflight-bytes", "1MiB")

    async def send() -> None:
        bomb = Sending(b'{"a":[' + b"{}," * 10_000 + b"{}]}\n")
        bomb.over.set()
        with pytest.raises(BodyTooLarge, match="max_inflight_bytes is 1048576"):
            await importing.run(bomb)

    try:
        asyncio.run(send())
    finally:
        importing.close()


def test_parts_of_all_files_together_are_bounded_and_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that comes slowly holds what it has sent; others are told to come back, and have the room afterwards."""
    monkeypatch.setattr(imported, "_PATIENCE_SECONDS", -1.0)
    importing = Importing(tmp_path, "--max-inflight-bytes", "1MiB", "--max-body-bytes", "2MiB")
    document = b'{"data": []' + b" " * MIB

    async def send() -> None:
        slow = [Sending(document, b" " * (MIB // 2)) for _ in range(2)]
        waiting = [asyncio.create_task(importing.run(each)) for each in slow]
        for each in slow:
            await each.taken.wait()
        while importing._room.parts.held < 2 * (MIB * 3 // 2):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
        more = Sending(document, b" " * (MIB // 2), b"}")
        more.over.set()
        with pytest.raises(Overloaded, match="bodies are being worked on"):
            await importing.run(more)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert importing._room.parts.held == 0
        more = Sending(document, b"}")
        more.over.set()
        assert (await importing.run(more)).format == "jaeger"

    try:
        asyncio.run(send())
    finally:
        importing.close()


def test_parquet_files_that_come_together_take_no_more_disk_than_one_may(tmp_path: Path) -> None:
    files = ParquetFiles(Settings.load(["--data", str(tmp_path), "--import-bytes", "1MiB"]))

    async def come(*chunks: bytes) -> None:
        async def file() -> AsyncIterator[tuple[bytes, bool]]:
            for chunk in chunks:
                yield chunk, False
            await asyncio.sleep(3600)

        async for _ in files.as_frames(file(), "parquet"):
            pass

    async def send() -> None:
        first = asyncio.create_task(come(b"PAR1", bytes(MIB // 2)))
        while files._kept.held < MIB // 2:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
        with pytest.raises(Overloaded, match="import_bytes is 1048576"):
            await come(b"PAR1", bytes(MIB // 2))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    asyncio.run(send())


def test_a_reader_of_parquet_has_a_time_for_each_batch_and_is_ended_beyond() -> None:
    ended = subprocess.run([sys.executable, "-c", SPIN], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGXCPU, "1\n")


def test_a_file_for_which_no_reader_gets_free_is_told_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_process, "_PATIENCE_SECONDS", 0.01)
    files = ParquetFiles(Settings.load(["--data", str(tmp_path)]))

    async def file() -> AsyncIterator[tuple[bytes, bool]]:
        yield b"PAR1", True

    async def send() -> None:
        async for _ in files.as_frames(file(), None):
            pass

    async def crowd() -> None:
        for _ in range(parquet_process._READERS):
            await files._turn.acquire()
        with pytest.raises(Overloaded, match="2 Parquet files are being read"):
            await asyncio.wait_for(send(), 30)
        files._turn.release()
        with pytest.raises(BadData, match="The Parquet file cannot be read"):
            await send()

    asyncio.run(crowd())
    assert files._kept.held == 0
