"""A connection that will not wait for ever: uvicorn bounds neither the time nor the size of a request's headers."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEADER_BYTES = 64 * 2**10
_END = b"Connection: close\r\nContent-Length: 0\r\n\r\n"
_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\n" + _END
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _END


class BoundedConnection(HttpToolsProtocol):
    """Ends a connection whose headers take longer than `header_timeout`, or are larger than 64 KiB.

    For `uvicorn.Config(http=…)`; make it with `bounded`. `count` is told why a request did not come to be: `bad_http`,
    `headers_too_large` or `headers_timeout`. The time runs from the connection's beginning, and from the
    first byte of each request after the first. What follows the headers is bounded by whoever reads the body.
    """

    header_timeout: ClassVar[float]
    count: ClassVar["staticmethod[[str], None]"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._header_bytes += len(data)
            # A first packet holds the headers and the beginning of a body: one more is needed to be sure.
            if self._header_bytes - len(data) > _MOST_HEADER_BYTES:
                self._end(_TOO_LARGE, "headers_too_large")
                return
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        self._stop()
        self.count("bad_http")
        super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True
        if self._deadline is None:
            self._start()

    def on_headers_complete(self) -> None:
        self._stop()
        self._begun = False
        super().on_headers_complete()

    def _start(self) -> None:
        self._header_bytes = 0
        self._deadline = self.loop.call_later(self.header_timeout, self._end, _TIMEOUT, "headers_timeout")

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None

    def _end(self, answer: bytes, reason: str) -> None:
        self._stop()
        if not self.transport.is_closing():
            # Browsers open connections ahead that they may not need.
            if self._begun:
                self.count(reason)
            self.transport.write(answer)
            self.transport.close()


def bounded(header_timeout: float, count: Callable[[str], None]) -> type[BoundedConnection]:
    """The protocol with its timeout in seconds, and who counts its refusals."""
    own = {"header_timeout": header_timeout, "count": staticmethod(count)}
    return type("BoundedConnection", (BoundedConnection,), own)
