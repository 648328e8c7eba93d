"""Bodies of next to nothing on the wire that would be gigabytes of messages: the collector's memory stays bounded."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest

from tests.collector.receive.factories import span, traces
from tests.collector.receive.running import JSON, PROTOBUF
from tests.collector.receive.test_jaeger_cases import POST_SPANS, proto_request
from tests.collector.receive.test_slices import varint

# Spans and records of up to 160 bytes for two of the body: more than 1 GiB if all of it were parsed at once.
BODY_BYTES = 16 * 2**20
BOUND_BYTES = 300 * 2**20
SERVE = """
import sys
from pathlib import Path
from tests.collector.receive.running import receiver
with receiver(Path(sys.argv[1]), jaeger=True) as running:
    print(running.http_port, running.grpc_address, flush=True)
    sys.stdin.read()
"""


class Served:
    """A receiver in a process of its own, whose memory is nobody else's."""

    def __init__(self, pid: int, client: httpx.Client, grpc_address: str) -> None:
        self._pid = pid
        self._client = client
        self._grpc_address = grpc_address

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return self._client.post(path, content=gzip.compress(body, 6), headers=headers | {"Content-Encoding": "gzip"})

    def post_spans(self, body: bytes) -> str:
        """Send to Jaeger's gRPC service; the status."""
        with grpc.insecure_channel(self._grpc_address) as channel:
            try:
                channel.unary_unary(POST_SPANS)(body, timeout=300)
            except grpc.RpcError as error:
                return str(error.code().name)
        return "OK"

    def memory(self, key: str) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(key)) * 1024


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    command = [sys.executable, "-c", SERVE, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port, grpc_address = process.stdout.readline().split()
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, timeout=300, trust_env=False, verify=False) as client:
            yield Served(process.pid, client, grpc_address)
        process.stdin.close()
        assert process.wait(60) == 0


def inside(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def in_scope(content: bytes) -> bytes:
    return inside(1, inside(2, content))


def empty(number: int) -> bytes:
    return inside(number, b"") * (BODY_BYTES // 2)


ATTRIBUTES = in_scope(inside(2, span().SerializeToString() + empty(9)))
JSON_SPANS = b'{"resourceSpans":[' + b"{}," * (BODY_BYTES // 3) + b"{}]}"
ZIPKIN_SPANS = b"[" + b"{}," * (BODY_BYTES // 3) + b"{}]"


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process is read from /proc")
@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/v1/traces", in_scope(empty(2)), PROTOBUF, 400, b"None of the 8388608 spans can be stored"),
        ("/v1/traces", ATTRIBUTES, PROTOBUF, 400, b"more than the 4194304 of one item"),
        ("/v1/logs", in_scope(empty(2)), PROTOBUF, 413, b"take 6459228170 bytes of memory in the store"),
        ("/v1/logs", in_scope(empty(2)[: BODY_BYTES // 2]), PROTOBUF, 200, b""),
        ("/v1/traces", empty(1), PROTOBUF, 200, b""),
        ("/v1/traces", JSON_SPANS, JSON, 413, b"max_inflight_bytes is 268435456"),
        ("/api/v2/spans", empty(1), PROTOBUF, 413, b"in this format at most 4194304 are read"),
        ("/api/v2/spans", ZIPKIN_SPANS, JSON, 413, b"max_inflight_bytes is 268435456"),
    ],
    ids=[
        "spans",
        "attributes",
        "log records",
        "half of them",
        "resources",
        "JSON",
        "Zipkin's protobuf",
        "Zipkin's JSON",
    ],
)
def test_a_body_of_nothing_but_empty_messages_takes_a_bounded_memory_and_the_next_request_is_answered(
    tmp_path: Path, path: str, body: bytes, headers: dict[str, str], status: int, said: bytes
) -> None:
    with served(tmp_path) as running:
        good = traces(span()).SerializeToString()
        assert running.post("/v1/traces", good, PROTOBUF).status_code == 200
        before = running.memory("VmRSS")
        answer = running.post(path, body, headers)
        assert (answer.status_code, said in answer.content) == (status, True)
        assert running.memory("VmHWM") - before < BOUND_BYTES
        assert running.post("/v1/traces", good, PROTOBUF).status_code == 200


TAGS = 200_000
JAEGER_SPANS = proto_request().SerializeToString() + inside(1, inside(2, inside(2, b"") * TAGS))
ZIPKIN_SPAN = inside(1, inside(1, b"t" * 16) + inside(3, b"s" * 8) + inside(11, b"") * TAGS)
Send = Callable[[Served], str]


def to_jaeger(running: Served) -> str:
    return running.post_spans(JAEGER_SPANS)


def to_zipkin(running: Served) -> str:
    return str(running.post("/api/v2/spans", ZIPKIN_SPAN, PROTOBUF).status_code)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process is read from /proc")
@pytest.mark.parametrize(("send", "answer"), [(to_jaeger, "OK"), (to_zipkin, "202")])
def test_of_large_bodies_in_other_formats_one_at_a_time_is_in_memory_as_messages(
    tmp_path: Path, send: Send, answer: str
) -> None:
    with served(tmp_path) as running, ThreadPoolExecutor(4) as pool:
        running.post("/v1/traces", traces(span()).SerializeToString(), PROTOBUF)
        before = running.memory("VmRSS")
        assert send(running) == answer
        alone = running.memory("VmHWM") - before
        assert list(pool.map(send, [running] * 4)) == [answer] * 4
        assert running.memory("VmHWM") - before < 2 * alone
