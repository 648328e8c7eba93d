"""The small HTTP control of each service, beside it in its parent, so that no request to it is ever traced.

GET /healthz          200 while the service's process lives, else 503
GET /faults           what can be switched on here, and what is
PUT /faults/KIND      {"level": 0..1, "seconds": number or null, "caller": service or null}
DELETE /faults[/KIND] one fault or all
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from examples.shop.faults import Fault
from examples.shop.node import Node, NodeError
from examples.shop.topology import Kind


class Control(ThreadingHTTPServer):
    """The control of one node."""

    daemon_threads = True

    def __init__(self, node: Node, host: str, port: int) -> None:
        self.node = node
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise NodeError(f"port {port} for the control of {node.name}: {reason}") from None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, daemon=True, name=f"control {self.node.name}").start()


class _Handler(BaseHTTPRequestHandler):
    server: Control

    def do_GET(self) -> None:
        node = self.server.node
        if self.path == "/healthz":
            alive = node.pid is not None
            self._answer(HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE, {"alive": alive})
        elif self.path == "/faults":
            self._answer(HTTPStatus.OK, _state(node))
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is only /healthz and /faults"})

    def do_PUT(self) -> None:
        node = self.server.node
        try:
            kind = Kind(self.path.removeprefix("/faults/"))
            wanted = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            fault = Fault(kind, float(wanted.get("level", 1.0)), wanted.get("caller"))
            if kind not in node.service.kinds:
                raise ValueError(f"{node.service.name} cannot have {kind}")
            if not 0 <= fault.level <= 1:
                raise ValueError("level is not within 0 and 1")
            node.switch_on(fault, wanted.get("seconds"))
        except ValueError as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except NodeError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
        else:
            self._answer(HTTPStatus.OK, _state(node))

    def do_DELETE(self) -> None:
        name = self.path.removeprefix("/faults").strip("/")
        try:
            self.server.node.clear(Kind(name) if name else None)
        except ValueError as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except NodeError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
        else:
            self._answer(HTTPStatus.OK, _state(self.server.node))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the control is not what is looked at."""

    def _answer(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _state(node: Node) -> dict[str, Any]:
    return {
        "service": node.service.name,
        "node": node.name,
        "pid": node.pid,
        "kinds": list(node.service.kinds),
        "faults": [asdict(fault) for fault in node.faults()],
    }
