"""An answer that is made while it is read: a generator of bytes that runs in threads."""

import threading
from collections.abc import AsyncIterator, Generator

import anyio
from fastapi.concurrency import run_in_threadpool

from spanwise_collector.errors import SenderLeft


class Pulled:
    """Parts of an answer, pulled one after the other, and closed when nobody wants more.

    Parts are joined until they are of `joined` bytes; at 0 each is sent by itself.
    """

    def __init__(self, parts: Generator[bytes, None, None], joined: int = 0) -> None:
        self._parts = parts
        self._joined = joined
        self._lock = threading.Lock()

    def pull(self) -> bytes:
        """The next; empty at the end."""
        taken = bytearray()
        with self._lock:
            for part in self._parts:
                taken += part
                if taken and len(taken) >= self._joined:
                    break
        return bytes(taken)

    async def all(self, part: bytes) -> AsyncIterator[bytes]:
        """The part that was pulled first, and all after it."""
        try:
            while part:
                yield part
                part = await run_in_threadpool(self.pull)
        except SenderLeft:
            # Nobody is there to be told.
            return
        finally:
            # The errand of a client that left is stopped for as long as it is running: it is waited for.
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._close)

    def _close(self) -> None:
        with self._lock:
            self._parts.close()
