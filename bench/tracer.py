"""What tracing costs an application: Spanwise beside the others, in one run on this machine.

    python bench/tracer.py                     # prepares .venv-bench with the others, then measures
    python bench/tracer.py --worker spanwise   # one contender, in this very interpreter

Each contender runs in a process of its own, exports to a server on this machine that takes everything, and is
measured by the CPU time of the calling thread: the least of nine rounds. Export threads run meanwhile, as in life.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

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
ROUNDS, CALLS = 9, 2000
App = Callable[[Any, Any, Any], Awaitable[None]]


async def bare_app(scope: Any, receive: Any, send: Any) -> None:
    """The smallest application."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Bare:
    """No tracer at all: what the others are compared with."""

    module = "json"

    def start(self, endpoint: str, share: float) -> None:
        """Set the tracer up; `share` is the part of traces that is kept."""

    def span(self) -> None:
        """Make one span with three attributes."""

    def app(self) -> App:
        """The application, traced."""
        return bare_app


class Spanwise(Bare):
    """This project's tracer."""

    module = "spanwise.setup"

    def start(self, endpoint: str, share: float) -> None:
        """Set up with the settings a user has."""
        import spanwise

        spanwise.init("bench", endpoint=endpoint, sample=share)
        self._span = spanwise.span

    def span(self) -> None:
        """Make one span."""
        with self._span("price", items=3, currency="EUR", total=7.5):
            pass

    def app(self) -> App:
        """The ASGI middleware."""
        import spanwise

        return spanwise.ASGIMiddleware(bare_app)


class OpenTelemetry(Bare):
    """The SDK with a batch processor and the official ASGI instrumentation."""

    module = "opentelemetry.instrumentation.asgi"

    def start(self, endpoint: str, share: float) -> None:
        """Set up as its documentation does."""
        os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"
        trace = importlib.import_module("opentelemetry.trace")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        sampling = importlib.import_module("opentelemetry.sdk.trace.sampling")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        provider = sdk.TracerProvider(sampler=sampling.ParentBasedTraceIdRatio(share))
        provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint + "/v1/traces")))
        trace.set_tracer_provider(provider)
        self._tracer = trace.get_tracer("bench")

    def span(self) -> None:
        """Make one span."""
        attributes = {"items": 3, "currency": "EUR", "total": 7.5}
        with self._tracer.start_as_current_span("price", attributes=attributes):
            pass

    def app(self) -> App:
        """The instrumentation's middleware, without its spans for send and receive."""
        asgi: Any = importlib.import_module("opentelemetry.instrumentation.asgi")
        app: App = asgi.OpenTelemetryMiddleware(bare_app, exclude_spans=["send", "receive"])
        return app


class Sentry(Bare):
    """sentry-sdk with tracing."""

    module = "sentry_sdk"

    def start(self, endpoint: str, share: float) -> None:
        """Set up with performance tracing on."""
        self._sdk: Any = importlib.import_module("sentry_sdk")
        dsn = endpoint.replace("://", "://key@") + "/1"
        self._sdk.init(dsn, traces_sample_rate=share)

    def span(self) -> None:
        """Make one span; the first of a trace is a transaction."""
        with self._sdk.start_span(op="price", name="price") as span:
            span.set_data("items", 3)
            span.set_data("currency", "EUR")
            span.set_data("total", 7.5)

    def app(self) -> App:
        """The ASGI middleware."""
        asgi: Any = importlib.import_module("sentry_sdk.integrations.asgi")
        app: App = asgi.SentryAsgiMiddleware(bare_app)
        return app


class Datadog(Bare):
    """ddtrace."""

    module = "ddtrace"

    def start(self, endpoint: str, share: float) -> None:
        """Set up without its other products."""
        os.environ.update(
            DD_TRACE_AGENT_URL=endpoint,
            DD_TRACE_SAMPLING_RULES=json.dumps([{"sample_rate": share}]),
            DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
            DD_REMOTE_CONFIGURATION_ENABLED="false",
        )
        self._tracer: Any = importlib.import_module("ddtrace.trace").tracer

    def span(self) -> None:
        """Make one span."""
        with self._tracer.trace("price") as span:
            span.set_tags({"items": 3, "currency": "EUR", "total": 7.5})

    def app(self) -> App:
        """The ASGI middleware."""
        asgi: Any = importlib.import_module("ddtrace.contrib.asgi")
        app: App = asgi.TraceMiddleware(bare_app, tracer=self._tracer)
        return app


class Logfire(Bare):
    """logfire, exporting over OTLP only."""

    module = "logfire"

    def start(self, endpoint: str, share: float) -> None:
        """Set up without its own service and console."""
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
        self._logfire: Any = importlib.import_module("logfire")
        self._logfire.configure(
            send_to_logfire=False, console=False, sampling=self._logfire.SamplingOptions(head=share), metrics=False
        )

    def span(self) -> None:
        """Make one span."""
        with self._logfire.span("price", items=3, currency="EUR", total=7.5):
            pass

    def app(self) -> App:
        """The instrumentation of ASGI."""
        app: App = self._logfire.instrument_asgi(bare_app)
        return app


CONTENDERS: dict[str, type[Bare]] = {
    "bare": Bare,
    "spanwise": Spanwise,
    "opentelemetry": OpenTelemetry,
    "sentry-sdk": Sentry,
    "ddtrace": Datadog,
    "logfire": Logfire,
}


def least(call: Callable[[], None]) -> float:
    """Microseconds of CPU of one call, in the calling thread: the least of all rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
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


def measure_latency(name: str, endpoint: str) -> dict[str, float]:
    """Percentiles of a request's wall time in microseconds, 1,000 requests a second for ten seconds."""
    contender = CONTENDERS[name]()
    contender.start(endpoint, 1.0)
    app = contender.app()
    taken: list[float] = []

    async def serve() -> None:
        for _ in range(10_000):
            started = time.perf_counter()
            await request(app)
            taken.append((time.perf_counter() - started) * 1e6)
            await asyncio.sleep(0.001)

    asyncio.run(serve())
    taken.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"p50": taken[5_000], "p99": taken[9_900], "p999": taken[9_990], "memory_mib": memory}


def worker(name: str, endpoint: str, share: float) -> dict[str, float]:
    """Measure one contender in this process."""
    contender = CONTENDERS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    importlib.import_module(contender.module)
    imported = time.perf_counter() - started
    contender.start(endpoint, share)
    spans = measure_spans(contender)
    requests = measure_requests(contender.app())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"span_us": spans, "request_us": requests, "import_ms": imported * 1000, "memory_mib": grown / 1024}


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


def sick_report(python: Path, healthy: str) -> str:
    """Wall times of requests while the endpoint is healthy, refuses, and takes connections without a word."""
    lines = ["| endpoint | p50 | p99 | p99.9 | memory |", "|---|---|---|---|---|"]
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        endpoints = {
            "no tracer": ("bare", healthy),
            "healthy": ("spanwise", healthy),
            "refusing": ("spanwise", "http://127.0.0.1:9"),
            "silent": ("spanwise", f"http://127.0.0.1:{silent.getsockname()[1]}"),
        }
        for kind, (name, endpoint) in endpoints.items():
            found = run_worker(python, name, 1.0, endpoint, "--latency")
            lines.append(
                f"| {kind} | {found['p50']:.0f} µs | {found['p99']:.0f} µs | {found['p999']:.0f} µs "
                f"| {found['memory_mib']:.0f} MiB |"
            )
    return "\n".join(lines)


def run_worker(python: Path, name: str, share: float, endpoint: str, *more: str) -> dict[str, float]:
    """Measure one contender in a process of its own."""
    command = [str(python), __file__, "--worker", name, "--share", str(share), "--endpoint", endpoint, *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tracer"), "DD_TRACE_STARTUP_LOGS": "false"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        sys.stderr.write(f"{name}: {done.stderr[-2000:]}\n")
        return {}
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def report(results: dict[str, tuple[dict[str, float], dict[str, float]]]) -> str:
    """The table, requests as the cost over the bare application."""
    base = results["bare"][0].get("request_us", 0.0)
    lines = [
        "| | span, kept | span, not kept | request, kept | request, not kept | import | memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (kept, dropped) in results.items():
        if not kept or not dropped:
            lines.append(f"| {name} | failed | | | | | |")
            continue
        over = [found["request_us"] - (0 if name == "bare" else base) for found in (kept, dropped)]
        lines.append(
            f"| {name} | {kept['span_us']:.1f} µs | {dropped['span_us']:.1f} µs | {over[0]:.1f} µs | {over[1]:.1f} µs "
            f"| {kept['import_ms']:.0f} ms | {kept['memory_mib']:.0f} MiB |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure everyone and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", choices=CONTENDERS)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--endpoint", default="http://127.0.0.1:9")
    parser.add_argument("--latency", action="store_true", help="with --worker: wall times instead of costs")
    parser.add_argument("--sick", action="store_true", help="latency beside an endpoint that is ill")
    parser.add_argument("--only", help="comma-separated contenders")
    options = parser.parse_args()
    if options.worker:
        measured = (
            measure_latency(options.worker, options.endpoint)
            if options.latency
            else worker(options.worker, options.endpoint, options.share)
        )
        print(json.dumps(measured))
        sys.stdout.flush()
        os._exit(0)  # no contender's exit is to be waited for
    python = prepare()
    names = [name for name in CONTENDERS if not options.only or name in options.only.split(",") or name == "bare"]
    with Server(("127.0.0.1", 0), Taker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        if options.sick:
            print(sick_report(python, endpoint))
            return
        results = {
            name: (run_worker(python, name, 1.0, endpoint), run_worker(python, name, 0.0, endpoint)) for name in names
        }
        print(report(results))
        server.shutdown()


if __name__ == "__main__":
    main()
