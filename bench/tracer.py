"""What tracing costs an application: Spanwise beside the others, in one run on this machine.

    make bench-tracer                     # prepares .venv-bench with the others, then measures
    make bench-tracer ARGS=--sick         # requests beside endpoints that are ill (bench/tracer_sick.py)

Each contender runs in processes of its own, exports to a server on this machine that takes everything, and is measured
by CPU time. Rounds of all contenders follow each other, so that a busy minute of the machine meets all of them, and the
least of all rounds counts. Export threads run meanwhile, as in life.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from bench.contenders import CONTENDERS, App, Bare

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv-bench"
OTHERS = [
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation-asgi",
    "sentry-sdk",
    "ddtrace",
    "logfire",
]
CALLS, REPEATS = 2000, 9
# Import, set-up and a first span, in a process that does nothing else.
STARTUP = """
import os, sys, time
from bench.contenders import CONTENDERS
contender = CONTENDERS[sys.argv[1]]()
contender.start(sys.argv[2], 1.0)
contender.span()
print('{"startup_ms": %f}' % (time.process_time() * 1000))
sys.stdout.flush()
os._exit(0)
"""


def least(call: Callable[[], None]) -> float:
    """Microseconds of CPU of one call, in the calling thread: the least of all rounds."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.thread_time_ns()
        call()
        best = min(best, (time.thread_time_ns() - started) / CALLS / 1000)
    return best


def measure_spans(contender: Bare) -> float:
    """Microseconds for one span."""

    def call() -> None:
        for _ in range(CALLS):
            contender.span()

    return least(call)


HEADERS = [(b"host", b"shop"), (b"user-agent", b"bench"), (b"accept", b"*/*")]


async def receive() -> dict[str, Any]:
    """The request's body, which is empty."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_message: Any) -> None:
    """Take the answer."""


async def request(app: App) -> None:
    """Serve one request."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "path": "/items/7",
        "raw_path": b"/items/7",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": HEADERS,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 5000),
    }
    await app(scope, receive, send)


def measure_requests(app: App) -> float:
    """Microseconds for one request."""

    async def serve() -> None:
        for _ in range(CALLS):
            await request(app)

    return least(lambda: asyncio.run(serve()))


def worker(name: str, endpoint: str, share: float) -> dict[str, float]:
    """Measure one contender in this process."""
    contender = CONTENDERS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    contender.start(endpoint, share)
    spans = measure_spans(contender)
    requests = measure_requests(contender.app())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"span_us": spans, "request_us": requests, "memory_mib": grown / 1024}


def prepare() -> Path:
    """An environment with every contender; made once."""
    python = VENV / "bin" / "python"
    if not python.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), *OTHERS], check=True)
    return python


class Taker(BaseHTTPRequestHandler):
    """Takes every body and says nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a body."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while int(self.rfile.readline(), 16) and self.rfile.readline():
                pass
        else:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that does not mind contenders leaving in the middle of a sentence."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def run(python: Path, *arguments: str) -> dict[str, float]:
    """What a process of the contenders' environment measured; nothing where it failed, which is said."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tracer'}", "DD_TRACE_STARTUP_LOGS": "false"}
    done = subprocess.run(
        [str(python), *arguments], env=env, capture_output=True, text=True, check=False, timeout=300, cwd=ROOT
    )
    if done.returncode:
        sys.stderr.write(f"{arguments}: {done.stderr[-2000:]}\n")
        return {}
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(python: Path, name: str, endpoint: str) -> dict[str, float]:
    """One round of one contender: everything about it, `_off` where traces are not kept."""
    found = run(python, "-c", STARTUP, name, endpoint)
    for suffix, share in (("", "1.0"), ("_off", "0.0")):
        command = ("-m", "bench.tracer", "--worker", name, "--share", share, "--endpoint", endpoint)
        found |= {key + suffix: value for key, value in run(python, *command).items()}
    return found


def least_of(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The least value of each figure."""
    return {key: min(each[key] for each in rounds if key in each) for key in {key for each in rounds for key in each}}


ROWS = {
    "span, kept": ("span_us", "µs"),
    "span, not kept": ("span_us_off", "µs"),
    "request, kept": ("request_us", "µs"),
    "request, not kept": ("request_us_off", "µs"),
    "import, set-up and a first span": ("startup_ms", "ms"),
    "memory after 36,000 spans": ("memory_mib", "MiB"),
}


def report(results: dict[str, dict[str, float]]) -> str:
    """The table: what each costs over no tracer at all; ratios to OpenTelemetry's own below."""
    bare = results.pop("bare")
    lines = [f"| | {' | '.join(results)} |", f"|---|{'---|' * len(results)}"]
    for row, (key, unit) in ROWS.items():
        cells = [f"{each[key] - bare[key]:.1f} {unit}" if key in each else "failed" for each in results.values()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    ours, theirs = results.get("spanwise", {}), results.get("opentelemetry", {})
    shares = [
        f"{row} {(ours[key] - bare[key]) / max(theirs[key] - bare[key], 1e-9):.0%}"
        for row, (key, _) in ROWS.items()
        if key in ours and key in theirs
    ]
    return "\n".join([*lines, "", f"Spanwise to OpenTelemetry: {', '.join(shares)}."])


def main() -> None:
    """Measure everyone and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", choices=CONTENDERS, help="measure one contender in this very interpreter")
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--endpoint", default="http://127.0.0.1:9")
    parser.add_argument("--sick", action="store_true", help="requests beside endpoints that are ill")
    parser.add_argument("--only", help="comma-separated contenders")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(worker(options.worker, options.endpoint, options.share)))
        sys.stdout.flush()
        os._exit(0)  # no contender's exit is to be waited for
    with Server(("127.0.0.1", 0), Taker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        if options.sick:
            from bench.tracer_sick import report as sick_report

            print(sick_report(endpoint, options.rounds))
        else:
            python = prepare()
            names = [name for name in CONTENDERS if not options.only or name in options.only.split(",")]
            rounds = [
                {name: measure(python, name, endpoint) for name in dict.fromkeys(["bare", *names])}
                for _ in range(options.rounds)
            ]
            print(report({name: least_of([each[name] for each in rounds]) for name in rounds[0]}))
        server.shutdown()


if __name__ == "__main__":
    main()
