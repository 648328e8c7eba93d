"""Endpoints that are ill in every way that collectors have been, over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Thread

Behaviour = Callable[[socket.socket, Event], None]


def silent(_connection: socket.socket, over: Event) -> None:
    over.wait(60)


def dripping(connection: socket.socket, over: Event) -> None:
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100:
        connection.sendall(bytes([byte]))
        if over.wait(1):
            return


def gushing(connection: socket.socket, _over: Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def busy(connection: socket.socket, _over: Event) -> None:
    while connection.recv(1 << 20):
        connection.sendall(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n")


def resetting(connection: socket.socket, _over: Event) -> None:
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def not_http(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46" * 10)
    over.wait(60)


@contextmanager
def listening(behave: Behaviour, scheme: str = "http") -> Iterator[str]:
    """The address of a server that treats every connection so."""
    over = Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    threads: list[Thread] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            behave(connection, over)

    def accept() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                connection, _ = server.accept()
                connection.settimeout(10)
                threads.append(Thread(target=serve, args=(connection,)))
                threads[-1].start()

    acceptor = Thread(target=accept)
    acceptor.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        acceptor.join()
        server.close()
        for thread in threads:
            thread.join()


@contextmanager
def at(address: str) -> Iterator[str]:
    """An address that needs no server."""
    yield address


@contextmanager
def refusing() -> Iterator[str]:
    """An address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


SICK: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refused": refusing,
    "black hole": lambda: at("http://10.255.255.1:4318"),
    "silent": lambda: listening(silent),
    "one byte a second": lambda: listening(dripping),
    "one gigabyte": lambda: listening(gushing),
    "429 for an hour": lambda: listening(busy),
    "reset": lambda: listening(resetting),
    "broken TLS": lambda: listening(not_http, "https"),
}


def sick(kind: str) -> AbstractContextManager[str]:
    """An endpoint that is ill in the way that `SICK` names."""
    return SICK[kind]()
