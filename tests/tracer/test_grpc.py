"""gRPC: the page's code runs, callers are believed as `trust` says, and hosts are told as `propagate_to` says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest
from spanwise.instrument.grpc import hosts_of, peer_of

from bench.ports import free_port
from tests.tracer.processes import BIN, environment, run_script
from tests.tracer.sink import SentSpan, Sink

PAGE = (Path(__file__).parents[2] / "docs" / "frameworks" / "grpc.md").read_text()
CALLER = "12345678901234567890123456789012", "1234567890123456"
# A server and a client of each kind; what the handler is sent is printed.
CODE = f"""
import asyncio, json, os, grpc, grpc.aio, spanwise
from concurrent.futures import ThreadPoolExecutor
spanwise.init("script", **json.loads(os.environ["SETTINGS"]))
sent = (("traceparent", "00-{CALLER[0]}-{CALLER[1]}-01"), ("baggage", "user=7"), ("own", "1"))
ours = {{"traceparent", "tracestate", "b3", "baggage", "own"}}

def show(kind, context):
    print(kind, *sorted({{key for key, _ in context.invocation_metadata()}} & ours))

class Handlers(grpc.GenericRpcHandler):
    def __init__(self, kind): self.kind = kind
    def service(self, details):
        def call(body, context):
            show(self.kind, context)
            yield body
        async def aio_call(body, context):
            show(self.kind, context)
            yield body
        return grpc.unary_stream_rpc_method_handler(call if self.kind == "sync" else aio_call)

server = grpc.server(ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Handlers("sync"),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{{port}}") as channel:
    list(channel.unary_stream("/shop.Orders/Sync")(b"x", metadata=sent))
server.stop(None).wait()

async def main():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Handlers("aio"),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{{port}}") as channel:
        async for _ in channel.unary_stream("/shop.Orders/Aio")(b"x", metadata=sent): pass
    await server.stop(None)
asyncio.run(main())
"""


def calls(sink: Sink, folder: Path, settings: str) -> tuple[list[str], list[tuple[SentSpan, SentSpan]]]:
    """What the handlers were sent, and the client and server span of each call."""
    done = run_script(CODE, sink.endpoint, folder, PYTHONWARNINGS="ignore", GRPC_VERBOSITY="NONE", SETTINGS=settings)
    assert (done.returncode, done.stderr) == (0, "")
    pairs = []
    for name in ("/shop.Orders/Sync", "/shop.Orders/Aio"):
        client, server = sorted((span for span in sink.spans if span.name == name), key=lambda span: span.kind)
        assert (client.kind, server.kind) == ("client", "server")
        pairs.append((client, server))
    return done.stdout.splitlines(), pairs


def test_a_call_is_told_and_continued(sink: Sink, tmp_path: Path) -> None:
    told, pairs = calls(sink, tmp_path, "{}")
    assert told == [f"{kind} b3 own traceparent" for kind in ("sync", "aio")] or told == [
        f"{kind} b3 baggage own traceparent" for kind in ("sync", "aio")
    ]
    for client, server in pairs:
        assert (server.trace_id, server.parent_id, server.links) == (client.trace_id, client.span_id, [])
        assert "spanwise.propagated" not in client.attributes


def test_hosts_that_are_not_to_be_told_are_not(sink: Sink, tmp_path: Path) -> None:
    told, pairs = calls(sink, tmp_path, '{"propagate_to": ["*.shop.com"]}')
    assert told == ["sync own", "aio own"]
    for client, server in pairs:
        assert client.attributes["spanwise.propagated"] is False
        assert (server.trace_id != client.trace_id, server.parent_id) == (True, "")


@pytest.mark.parametrize(("trust", "linked"), [("link", True), ("ignore", False), ("10.0.0.0/8", True)])
def test_callers_that_are_not_believed_are_not_continued(trust: str, linked: bool, sink: Sink, tmp_path: Path) -> None:
    _, pairs = calls(sink, tmp_path, f'{{"trust": "{trust}"}}')
    for client, server in pairs:
        assert (server.trace_id != client.trace_id, server.parent_id) == (True, "")
        assert server.links == ([(client.trace_id, client.span_id)] if linked else [])


def test_networks_that_are_believed_are_continued(sink: Sink, tmp_path: Path) -> None:
    _, pairs = calls(sink, tmp_path, '{"trust": "127.0.0.0/8"}')
    assert all((server.parent_id, server.links) == (client.span_id, []) for client, server in pairs)


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ("orders:50051", ["orders"]),
        ("orders", ["orders"]),
        ("api.shop.com:443", ["api.shop.com"]),
        ("dns:api.shop.com:443", ["api.shop.com"]),
        ("dns:///api.shop.com:443", ["api.shop.com"]),
        ("dns://8.8.8.8/api.shop.com", ["api.shop.com"]),
        ("ipv4:10.0.0.1:1,8.8.8.8:2", ["10.0.0.1", "8.8.8.8"]),
        ("ipv6:[::1]:50051", ["::1"]),
        ("ipv6:%5B2606:4700::1111%5D:443", ["2606:4700::1111"]),
        ("[::1]:50051", ["::1"]),
        ("unix:///run/orders.sock", ["localhost"]),
        ("unix:orders.sock", ["localhost"]),
        ("xds:///api.shop.com", ["api.shop.com"]),
        ("zookeeper://zk.local/api.shop.com", ["api.shop.com"]),
        ("", [""]),
    ],
)
def test_the_hosts_of_a_target(target: str, hosts: list[str]) -> None:
    assert hosts_of(target) == hosts


def test_the_address_of_a_caller() -> None:
    assert [peer_of(text) for text in ("ipv4:10.0.0.1:5", "ipv6:%5B::1%5D:5", "unix:", "")] == [
        "10.0.0.1",
        "::1",
        None,
        None,
    ]


def test_the_code_of_the_page_makes_the_spans_it_names(sink: Sink, tmp_path: Path) -> None:
    port = free_port()
    for name, code in zip(("main.py", "call.py"), re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), strict=True):
        (tmp_path / name).write_text(code.replace("50051", str(port)))
    serve, call = (
        [str(BIN / "spanwise"), *line.split()] for line in re.findall(r"^\$ spanwise (run .*)$", PAGE, re.MULTILINE)
    )
    env = environment(sink.endpoint, PATH=f"{BIN}:{os.environ['PATH']}", PYTHONWARNINGS="ignore", GRPC_VERBOSITY="NONE")
    with subprocess.Popen(serve, cwd=tmp_path, env=env) as server:
        try:
            wait_until_it_listens(port)
            done = subprocess.run(call, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, "order 7\n", "")
        finally:
            server.terminate()
    spans = sorted(sink.spans, key=lambda span: span.start_ns)
    assert [(span.service, span.name, span.kind) for span in spans] == [
        ("shop", "checkout", "internal"),
        ("shop", "/shop.Orders/Get", "client"),
        ("orders", "/shop.Orders/Get", "server"),
        ("orders", "look up", "internal"),
    ]
    assert [span.parent_id for span in spans] == ["", *(span.span_id for span in spans[:3])]


def wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
