"""A process that appends numbered bodies to a spool and prints each number once it is acknowledged; to be killed."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from spanwise_collector.spool import Signal, Spool


async def append_for_ever(spool: Spool, first: int) -> None:
    async def sender(number: int) -> None:
        while True:
            await spool.append(Signal.TRACES, "p", b"%d " % number + bytes(number % 3000))
            print(number, flush=True)
            number += 16

    await asyncio.gather(*(sender(first + n) for n in range(16)))


def store_and_release(spool: Spool, store: Path) -> None:
    """The store: keeps a segment whole under its name, and only then lets it go."""
    while True:
        segment = spool.closed.get()
        target = store / segment.name
        if not target.exists():
            part = target.with_suffix(".part")
            part.write_bytes(segment.path.read_bytes())
            part.rename(target)
        spool.release(segment)


if __name__ == "__main__":
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "store").mkdir(exist_ok=True)
    started = Spool(folder / "spool", segment_bytes=50_000, segment_age=0.05)
    started.start()
    threading.Thread(target=store_and_release, args=(started, folder / "store"), daemon=True).start()
    asyncio.run(append_for_ever(started, first))
