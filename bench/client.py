"""An exporter that costs next to nothing: one connection kept alive, ready bodies, answers hardly read."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_MAX_HEAD = 64 * 1024


class Unanswered(Exception):
    """The connection broke, or could not be made, before an answer came: the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the collector answered."""

    status: int
    retry_after: float
    body: bytes

    @property
    def accepted(self) -> bool:
        """Whether the body is safe there."""
        return 200 <= self.status < 300

    @property
    def retryable(self) -> bool:
        """Whether OTLP tells the sender to come back with the same body."""
        return self.status in (429, 502, 503, 504)


class Client:
    """Sends OTLP/HTTP protobuf with gzip over one connection, and opens it anew when it broke."""

    def __init__(self, host: str, port: int, timeout: float = 30.0) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def post(self, path: str, body: bytes) -> Answer:
        """Send the gzip-compressed body and wait for the answer.

        Raises `Unanswered` where none came.
        """
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\n"
            "Content-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        try:
            connection = self._connected()
            connection.sendall(head + body)
            return self._answer(connection)
        except OSError as error:
            self.close()
            raise Unanswered(str(error)) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _answer(self, connection: socket.socket) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data:
            data = _more(connection, data)
            if len(data) > _MAX_HEAD:
                raise ConnectionError("the head of the answer has no end")
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(rest) < length:
            rest = _more(connection, rest)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split()[1]), float(headers.get("retry-after", "0")), rest)


def _more(connection: socket.socket, data: bytes) -> bytes:
    received = connection.recv(64 * 1024)
    if not received:
        raise ConnectionError("the collector closed the connection")
    return data + received
