"""What a service is given to stand on: its place, its neighbours, and how it is served."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from examples.shop.edge import ASGIApp, asgi_edge, wsgi_edge
from examples.shop.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one service process runs. `descriptor` is the listening socket that the parent opened for it."""

    service: str
    data: Path
    seed: int
    faults: Faults
    descriptor: int | None

    @classmethod
    def from_environment(cls, service: str) -> Stage:
        """Read what the parent set: SHOP_DATA, SHOP_SEED and SHOP_SOCKET."""
        seed = int(os.environ.get("SHOP_SEED", "1"))
        descriptor = os.environ.get("SHOP_SOCKET")
        return cls(
            service=service,
            data=Path(os.environ["SHOP_DATA"]),
            seed=seed,
            faults=Faults(service, seed),
            descriptor=int(descriptor) if descriptor else None,
        )

    def addresses(self, neighbour: str) -> list[str]:
        """Where a neighbour can be reached: one address for each of its replicas."""
        return os.environ[f"SHOP_{neighbour.upper()}_URL"].split(",")

    def serve_asgi(self, app: ASGIApp) -> None:
        """Serve an ASGI app until told to stop."""
        import uvicorn

        config = uvicorn.Config(asgi_edge(app, self.faults), access_log=False, log_config=None, lifespan="off")
        # uvicorn shuts down and then raises the signal again: exit in order, so that the last spans are sent.
        signal.signal(signal.SIGTERM, _exit)
        self.faults.listen()
        uvicorn.Server(config).run(sockets=[self._socket()])

    def serve_wsgi(self, app: WSGIApplication) -> None:
        """Serve a WSGI app, a thread for each connection, until told to stop."""
        from werkzeug.serving import WSGIRequestHandler, make_server

        WSGIRequestHandler.protocol_version = "HTTP/1.1"  # else each call opens a connection of its own
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        with self._socket() as listening:
            host, port = listening.getsockname()
            server = make_server(host, port, wsgi_edge(app, self.faults), threaded=True, fd=listening.fileno())
            signal.signal(signal.SIGTERM, _exit)
            self.faults.listen()
            server.serve_forever()

    def work(self, step: Callable[[], None]) -> None:
        """Run a worker's step again and again until told to stop."""
        signal.signal(signal.SIGTERM, _exit)
        self.faults.listen()
        while True:
            step()

    def _socket(self) -> socket.socket:
        assert self.descriptor is not None
        return socket.socket(fileno=self.descriptor)


def _exit(_signal: int, _frame: object) -> None:
    sys.exit(0)
