"""`spanwise up` as a process of its own on free ports, spoken to over its sockets."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]  # it has no types
import httpx
from google.protobuf.message import Message

SECONDS = 60.0
_BANNER = re.compile(r"Send to +http://(\S+) \(OTLP/HTTP\), (\S+) \(OTLP/gRPC\)")

T = TypeVar("T")


@dataclass(slots=True)
class Process:
    """A running collector; `http` and `grpc` are the addresses that its banner names."""

    popen: subprocess.Popen[str]
    http: str
    grpc: str
    client: httpx.Client

    def get(self, path: str, **parameters: Any) -> Any:
        """Ask the API; the answer must be a good one."""
        answer = self.client.get(f"/api/v1{path}", params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: str | bytes) -> httpx.Response:
        """Send a body as JSON where it is text, else as protobuf."""
        kind = "application/json" if isinstance(body, str) else "application/x-protobuf"
        return self.client.post(path, content=body, headers={"Content-Type": kind})

    def export(self, method: str, request: Message, answer: type[Message]) -> Message:
        """Send a message over gRPC."""
        with grpc.insecure_channel(self.grpc) as channel:
            call = channel.unary_unary(method, type(request).SerializeToString, answer.FromString)
            answered: Message = call(request, timeout=SECONDS)
            return answered

    def settle(self) -> None:
        """Wait until everything that was acknowledged can be searched."""
        eventually(lambda: self.get("/status"), lambda status: not status["waiting_bytes"])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end and wait; its exit code and what it said on stderr."""
        self.popen.send_signal(number)
        _, said = self.popen.communicate(timeout=SECONDS)
        return self.popen.returncode, said


def command(data: Path, *flags: str) -> list[str]:
    """The command line of a collector on free ports."""
    spanwise = str(Path(sys.executable).parent / "spanwise")
    return [spanwise, "up", "--data", str(data), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", *flags]


def refused(data: Path, *flags: str) -> tuple[int, str]:
    """Start a collector that is expected not to run; its exit code and what it said on stderr."""
    ended = subprocess.run(
        command(data, *flags), capture_output=True, text=True, timeout=SECONDS, check=False, env=_environment()
    )
    return ended.returncode, ended.stderr


@contextmanager
def process(data: Path, *flags: str) -> Iterator[Process]:
    """Run a collector until the block ends; it may be stopped before."""
    popen = subprocess.Popen(
        command(data, *flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    try:
        http, grpc_address = _addresses(popen)
        with httpx.Client(base_url=f"http://{http}", timeout=SECONDS, trust_env=False) as client:
            yield Process(popen, http, grpc_address, client)
    finally:
        if popen.poll() is None:
            popen.terminate()
        popen.communicate(timeout=SECONDS)


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SPANWISE_")}
    return kept | {"NO_COLOR": "1"}


def _addresses(popen: subprocess.Popen[str]) -> tuple[str, str]:
    said = ""
    assert popen.stdout is not None
    for line in popen.stdout:
        said += line
        if found := _BANNER.search(line):
            return found[1], found[2]
    raise RuntimeError(f"the collector did not start:\n{said}{popen.stderr.read() if popen.stderr else ''}")


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Ask until the answer is as wanted; that answer. Raises `TimeoutError` when it is not within a minute."""
    deadline = time.monotonic() + SECONDS
    while not wanted(answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {answer!r:.2000}")
        time.sleep(0.02)
    return answer
