"""Exports go through the proxy that the environment names, and straight where it says so."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from spanwise.export.proxy import Proxy, proxy_for

from tests.tracer.processes import run_script
from tests.tracer.sink import Sink

CODE = "import spanwise; spanwise.init('script'); spanwise.span('work').__enter__().__exit__(None, None, None)"
SECRET = base64.b64encode(b"me:p@ss").decode()


class ForwardingProxy:
    """A real proxy for one destination: what it is sent goes on unchanged; `heads` are the request lines it saw."""

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.heads: list[bytes] = []
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._server.accept()[0],), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._target) as server:
            first = client.recv(1 << 16)
            self.heads.append(first)
            if first.startswith(b"CONNECT "):
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                server.sendall(first)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(5)

    def close(self) -> None:
        self._server.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(sink: Sink) -> Iterator[ForwardingProxy]:
    started = ForwardingProxy(sink.endpoint)
    yield started
    started.close()


def test_an_export_goes_through_the_proxy_with_its_password(sink: Sink, proxy: ForwardingProxy, tmp_path: Path) -> None:
    done = run_script(CODE, "http://collector.test", tmp_path, HTTP_PROXY=f"http://me:p%40ss@{proxy.address}")
    assert (done.stderr, [span.name for span in sink.spans]) == ("", ["work"])
    (head,) = proxy.heads
    assert head.startswith(b"POST http://collector.test/v1/traces HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {SECRET}".encode() in head
    assert "proxy-authorization" in {name.lower() for name in sink.bodies[0][1]}


def test_no_proxy_means_straight(sink: Sink, proxy: ForwardingProxy, tmp_path: Path) -> None:
    run_script(CODE, sink.endpoint, tmp_path, http_proxy=proxy.address, no_proxy="127.0.0.1")
    assert ([span.name for span in sink.spans], proxy.heads) == (["work"], [])


def test_https_goes_through_a_tunnel(sink: Sink, proxy: ForwardingProxy, tmp_path: Path) -> None:
    done = run_script(CODE, "https://collector.test:4318", tmp_path, https_proxy=f"http://me:p%40ss@{proxy.address}")
    assert "SSL" in done.stderr  # the sink behind the tunnel speaks plain HTTP: the handshake reached it
    head = proxy.heads[0]
    assert head.startswith(b"CONNECT collector.test:4318 HTTP/1.")
    assert f"Proxy-Authorization: Basic {SECRET}".encode() in head


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"http_proxy": "proxy:3128"}, Proxy("proxy", 3128, {})),
        ({"HTTP_PROXY": "http://proxy"}, Proxy("proxy", 80, {})),
        ({"all_proxy": "http://proxy:1"}, Proxy("proxy", 1, {})),
        ({"https_proxy": "http://proxy:1"}, None),
        ({"http_proxy": "http://proxy:1", "no_proxy": "other,.shop.test"}, None),
        ({"http_proxy": "http://proxy:1", "NO_PROXY": "*"}, None),
        ({"http_proxy": "http://proxy:1", "no_proxy": "hop.test"}, Proxy("proxy", 1, {})),
        ({"http_proxy": "socks5://proxy:1"}, None),
        ({"http_proxy": "http://proxy:port"}, None),
    ],
)
def test_which_proxy(variables: dict[str, str], expected: Proxy | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for("http://collector.shop.test:4318/v1/traces") == expected
