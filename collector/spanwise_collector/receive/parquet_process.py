"""Parquet on its way in: kept in a file until it is whole, and read by a process of its own.

What others sent is read there by native code; a file that is made to hurt it ends that process, and not the collector.
"""

import asyncio
import resource
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from spanwise_collector.errors import BadData, BodyTooLarge, Refused, excerpt
from spanwise_collector.model.log import LogRecord
from spanwise_collector.spool.frame import varint
from spanwise_collector.store import parquet, wire

_MAGIC: Final = b"PAR1"
_CHUNK: Final = 1 << 20
_LONGEST_SAID: Final = 1000
# Address space of the process: the libraries, and a row group with room to spare.
_MEMORY: Final = 4 << 30


async def as_frames(
    chunks: AsyncIterator[tuple[bytes, bool]], given: str | None, most: int
) -> AsyncIterator[tuple[bytes, bool]]:
    """The chunks of a file, each with whether it is the last; those of Parquet as the frames of OTLP that it holds.

    `most` is the setting import_bytes. Raises BadData, and BodyTooLarge.
    """
    held = b""
    async for chunk, last in chunks:
        held += chunk
        if len(held) < len(_MAGIC) and not last:
            continue
        if given == "parquet" or (given is None and held.startswith(_MAGIC)):
            with tempfile.TemporaryFile() as file:
                await _keep(file, held, last, chunks, most)
                async for part in _read(file):
                    yield part, False
            yield b"", True
            return
        yield held, last
        held = b""
        async for rest in chunks:
            yield rest


async def _keep(file: IO[bytes], held: bytes, last: bool, chunks: AsyncIterator[tuple[bytes, bool]], most: int) -> None:
    size = 0
    while True:
        size += len(held)
        if size > most:
            raise BodyTooLarge(f"The Parquet file has more than {most} bytes, which is import_bytes.")
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
        while chunk := await reader.stdout.read(_CHUNK):
            yield chunk
        said = (await reader.stderr.read(_LONGEST_SAID)).decode("utf-8", "replace").strip()
        if await reader.wait():
            raise BadData(f"The Parquet file cannot be read: {excerpt(said or 'its reader broke down', 300)}.")
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()


def main() -> int:
    """Read the Parquet file that is standard input, and write its spans or records as frames; 1 where it is none."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        for batch in parquet.read(Path("/dev/stdin")):
            request = (
                wire.to_logs_request(batch)  # type: ignore[arg-type]  # all of a batch are of one kind
                if isinstance(batch[0], LogRecord)
                else wire.to_request(batch)  # type: ignore[arg-type]
            )
            message = request.SerializeToString()
            out.write(varint(len(message)) + message)
        out.flush()
    except (ValueError, TypeError, MemoryError, Refused) as error:
        sys.stderr.write(str(error)[:_LONGEST_SAID])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
