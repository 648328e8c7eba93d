"""A socket whose every operation ends by one deadline, however slowly the other side drips."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


class DeadlineSocket:
    """What `http.client` needs of a socket; after the deadline every call raises TimeoutError."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._readers = 0
        self._closing = False
        self.deadline = deadline

    def _arm(self) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the collector did not answer in time")
        self._sock.settimeout(remaining)

    def sendall(self, data: Any) -> None:
        """Send everything before the deadline."""
        view = memoryview(data)
        while view:
            self._arm()
            view = view[self._sock.send(view) :]

    def makefile(self, *_args: object, **_options: object) -> io.BufferedReader:
        """A reader of the answer."""
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def left(self) -> None:
        """A reader of an answer was closed."""
        self._readers -= 1
        if self._closing and not self._readers:
            self._sock.close()

    def receive_into(self, buffer: Any) -> int:
        """Read what is there, or wait for it until the deadline."""
        self._arm()
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        """Close the socket once no answer is read of it, as sockets do: of a connection that the other side will end
        `http.client` calls this as soon as it has the headers."""
        self._closing = True
        if not self._readers:
            self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Reader(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket) -> None:
        self._deadline_socket = sock

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._deadline_socket.left()
        super().close()

    def readinto(self, buffer: Any) -> int:
        return self._deadline_socket.receive_into(buffer)
