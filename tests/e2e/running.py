"""A real collector as a process of its own, asked over its API."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bench.ports import free_port

START_SECONDS = 60.0
ARRIVE_SECONDS = 60.0

T = TypeVar("T")


class Collector:
    """The API of a running collector."""

    def __init__(self, address: str, client: httpx.Client) -> None:
        self.address = address
        self._client = client

    def get(self, path: str, **parameters: str | int) -> Any:
        """Ask and return the answer, which must be a good one."""
        answer = self._client.get(f"{self.address}/api/v1{path}", params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    def wait_for(self, trace_id: str, spans: int) -> None:
        """Until so many spans of a trace can be searched."""

        def arrived() -> int:
            answer = self._client.get(f"{self.address}/api/v1/traces/{trace_id}")
            return int(answer.json()["span_count"]) if answer.is_success else 0

        eventually(arrived, lambda count: count == spans)

    def newest_trace(self, service: str, operation: str, since: int) -> Trace | None:
        """The newest trace with such a span since then, None while there is none."""
        found = self.get("/traces", service=service, operation=operation, start=since, limit=1)["traces"]
        return self.trace(found[0]["trace_id"]) if found else None

    def trace(self, trace_id: str) -> Trace:
        """A trace with its log records."""
        trace = self.get(f"/traces/{trace_id}")
        return Trace(trace, self.get("/logs", trace_id=trace_id, limit=1000)["logs"])


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace as the API shows it, in forms that a test can compare as a whole."""

    answer: dict[str, Any]
    logs: list[dict[str, Any]]

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All spans, in display order."""
        spans: list[dict[str, Any]] = self.answer["spans"]
        return spans

    def drawn(self) -> list[str]:
        """Each span as `service: name (kind)`, indented as deep as it is."""
        return [f"{'  ' * span['depth']}{_titled(span)} ({span['kind']})" for span in self.spans]

    def logged(self) -> list[str]:
        """Each log record as the span it belongs to, and its text, sorted."""
        titles = {span["span_id"]: _titled(span) for span in self.spans}
        return sorted(f"{titles.get(log['span_id'], 'no span')}: {log['body']}" for log in self.logs)

    def counted(self, service: str, name: str) -> int:
        """How many spans have this service and name."""
        return sum(span["service"] == service and span["name"] == name for span in self.spans)

    def slowest(self) -> str:
        """The span that most of the time is spent in."""
        return _titled(max(self.spans, key=lambda span: int(span["self_time"])))

    def busiest(self) -> str:
        """The service that most of the time is spent in."""
        spent: Counter[str] = Counter()
        for span in self.spans:
            spent[span["service"]] += span["self_time"]
        return spent.most_common(1)[0][0]

    def first_error(self) -> str | None:
        """The deepest span with an error."""
        failed = [span for span in self.spans if span["status"]["code"] == "error"]
        return _titled(max(failed, key=lambda span: int(span["depth"]))) if failed else None

    def services(self) -> set[str]:
        """The services that took part."""
        return {span["service"] for span in self.spans}


def _titled(span: dict[str, Any]) -> str:
    return f"{span['service']}: {span['name']}"


@contextmanager
def running_collector(data: Path, http_port: int = 0, options: Sequence[str] = ()) -> Iterator[Collector]:
    """Run `spanwise up` with these options on this folder until the block ends."""
    address = f"127.0.0.1:{http_port or free_port()}"
    command = [str(Path(sys.executable).parent / "spanwise"), "up", "--data", str(data)]
    command += ["--http", address, "--grpc", f"127.0.0.1:{free_port()}", *options]
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / "collector.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_until_ready(process, f"http://{address}/readyz", log)
        with httpx.Client(timeout=30.0) as client:
            yield Collector(f"http://{address}", client)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the collector is not ready:\n{log.read_text()}")


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool], seconds: float = ARRIVE_SECONDS) -> T:
    """Ask until the answer is as wanted; that answer. Raises `TimeoutError` when it is not for so long."""
    deadline = time.monotonic() + seconds
    while not wanted(answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {answer!r:.2000}")
        time.sleep(0.1)
    return answer
