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
        return io.BufferedReader(_Reader(self))

    def receive_into(self, buffer: Any) -> int:
        """Read what is there, or wait for it until the deadline."""
        self._arm()
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        """Close the socket; an answer that is being read ends there."""
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Reader(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket) -> None:
        self._deadline_socket = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._deadline_socket.receive_into(buffer)
