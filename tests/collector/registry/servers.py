"""Registries to read: Debian's etcd and ZooKeeper, a web server of recorded answers, and a name server."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from bench.ports import free_port
from tests.serving import serving

_HOW = "`make services`, or on Debian apt-get install etcd-server zookeeper"


@contextmanager
def etcd() -> Iterator[int]:
    """The client port of an empty etcd."""
    program = shutil.which("etcd")
    if program is None:
        pytest.skip(f"etcd is not installed: {_HOW}")
    port, peers = free_port(), free_port()
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
    command = [
        program, "--data-dir", "data", "--name", "test", "--listen-client-urls", client,
        "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"test={peer}",
    ]  # fmt: skip
    with _running(command, port):
        yield port


@contextmanager
def zookeeper() -> Iterator[int]:
    """The client port of an empty ZooKeeper."""
    java, jars = shutil.which("java"), Path("/usr/share/zookeeper")
    if java is None or not jars.exists():
        pytest.skip(f"ZooKeeper is not installed: {_HOW}")
    port = free_port()
    settings = f"clientPort={port}\nclientPortAddress=127.0.0.1\ndataDir=data\nadmin.enableServer=false\n"
    places = "/usr/share/java/*:/usr/share/zookeeper/*"
    command = [
        java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no", "-cp", places,
        "org.apache.zookeeper.server.ZooKeeperServerMain", "zoo.cfg",
    ]  # fmt: skip
    with _running(command, port, {"zoo.cfg": settings}):
        yield port


@contextmanager
def _running(command: list[str], port: int, files: Mapping[str, str] | None = None) -> Iterator[None]:
    # etcd takes every ETCD_* variable for a setting.
    env = {key: value for key, value in os.environ.items() if not key.startswith("ETCD_")}
    with tempfile.TemporaryDirectory(prefix="spw-registry-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)
        with serving(command, port, folder, env):
            yield


class Recorded:
    """A web server that answers with what was recorded, by path and query; `asked` are (path, headers)."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = 0


@contextmanager
def recorded(answers: Mapping[str, Any]) -> Iterator[Recorded]:
    """Text is sent as it is, an int is a status, anything else is JSON; other paths are 404."""
    made = Recorded(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, dict(self.headers)))
            found = made.answers.get(self.path, 404)
            self.send_response(found if isinstance(found, int) else 200)
            if isinstance(found, int) and 300 <= found < 400:
                self.send_header("Location", "/elsewhere")
            body = b"" if isinstance(found, int) else (found if isinstance(found, str) else json.dumps(found)).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        made.port = server.server_address[1]
        yield made


@contextmanager
def name_server(records: Mapping[tuple[str, str], list[str]]) -> Iterator[int]:
    """The port of a name server with these records, by name and type; a name without any does not exist."""
    names = {name for name, _ in records}

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, reply_to = self.request
            query = dns.message.from_wire(data)
            question = query.question[0]
            name, kind = str(question.name).rstrip("."), dns.rdatatype.to_text(question.rdtype)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            if name not in names:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif found := records.get((name, kind)):
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
            reply_to.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        yield server.server_address[1]


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
