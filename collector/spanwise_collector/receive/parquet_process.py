"""Parquet on its way in: kept in a file until it is whole, and read by a process of its own.

What others sent is read there by native code; a file that is made to hurt it ends that process, and not the collector.
"""

import asyncio
import resource
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import IO, Final

from spanwise_collector.errors import BadData, BodyTooLarge, Overloaded, Refused, excerpt
from spanwise_collector.model.log import LogRecord
from spanwise_collector.receive.body import Budget, Hold
from spanwise_collector.receive.import_files import Format
from spanwise_collector.settings import Settings
from spanwise_collector.spool.frame import varint
from spanwise_collector.store import parquet, wire

_MAGIC: Final = b"PAR1"
CHUNK: Final = 1 << 20
_LONGEST_SAID: Final = 1000
# Address space of the process: the libraries, and a row group with room to spare.
_MEMORY: Final = 4 << 30
# So many of them at a time: each may use all of it.
_READERS: Final = 2
# How long a file waits for one of them: what was read of another may have to wait for room in the spool.
_PATIENCE_SECONDS: Final = 60.0
# Of the processor, for one batch of rows, which takes less than one.
_BATCH_SECONDS: Final = 60


class ParquetFiles:
    """The files of Parquet that are imported at a time: together no larger than one may be, and two of them read."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data
        self._most = settings.import_bytes
        self._kept = Budget(self._most, "import_bytes")
        self._turn = asyncio.Semaphore(_READERS)

    async def as_frames(
        self, chunks: AsyncIterator[tuple[bytes, bool]], given: Format | None
    ) -> AsyncGenerator[tuple[bytes, bool, Format | None]]:
        """The chunks of a file; those of Parquet as the frames of OTLP that it holds.

        Each with whether it is the last, and the format where that is known. Raises BadData, BodyTooLarge, and
        Overloaded where others are being imported.
        """
        held, last = b"", False
        while len(held) < len(_MAGIC) and not last:
            chunk, last = await anext(chunks)
            held += chunk
        if given != "parquet" and (given is not None or not held.startswith(_MAGIC)):
            yield held, last, given
            async for chunk, last in chunks:
                yield chunk, last, given
            return
        with tempfile.TemporaryFile(dir=self._folder) as file, self._kept.hold() as hold:
            await self._keep(file, held, last, chunks, hold)
            await self._take_turn()
            try:
                async for part in _read(file):
                    yield part, False, "parquet"
            finally:
                self._turn.release()
        yield b"", True, "parquet"

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Overloaded(f"{_READERS} Parquet files are being read, and no more can be: come back later.") from None

    async def _keep(
        self, file: IO[bytes], held: bytes, last: bool, chunks: AsyncIterator[tuple[bytes, bool]], hold: Hold
    ) -> None:
        size = 0
        while True:
            size += len(held)
            if size > self._most:
                raise BodyTooLarge(f"The Parquet file has more than {self._most} bytes, which is import_bytes.")
            hold.grow(len(held))
            await asyncio.to_thread(file.write, held)
            if last:
                break
            held, last = await anext(chunks)
        await asyncio.to_thread(file.flush)
        file.seek(0)


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    try:
        while chunk := await reader.stdout.read(CHUNK):
            yield chunk
        said = (await reader.stderr.read(_LONGEST_SAID)).decode("utf-8", "replace").strip()
        if code := await reader.wait():
            if code == -signal.SIGXCPU:
                said = f"a part of it takes more than {_BATCH_SECONDS} s of the processor"
            raise BadData(
                f"The Parquet file cannot be read: {excerpt(said or 'its reader broke down', 300).rstrip('.')}."
            )
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()


def main() -> int:
    """Read the Parquet file that is standard input, and write its spans or records as frames; 1 where it is none."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _allow_a_batch()
    out = sys.stdout.buffer
    try:
        for batch in parquet.read(Path("/dev/stdin")):
            request = wire.to_logs_request(batch) if isinstance(batch[0], LogRecord) else wire.to_request(batch)
            message = request.SerializeToString()
            out.write(varint(len(message)) + message)
            _allow_a_batch()
        out.flush()
    except (ValueError, TypeError, MemoryError, Refused) as error:
        sys.stderr.write(str(error)[:_LONGEST_SAID])
        return 1
    return 0


def _allow_a_batch() -> None:
    """The system ends this process where it takes longer from here to the next batch."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    # Of whole seconds, of which one has begun.
    ends = int(time.process_time()) + 1 + _BATCH_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (ends if most == resource.RLIM_INFINITY else min(ends, most), most))


if __name__ == "__main__":
    sys.exit(main())
