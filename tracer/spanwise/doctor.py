"""`spanwise doctor`: what is installed and traced, where spans go, whether they arrive; a sentence a finding."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Any
from urllib.parse import urlsplit

from spanwise import state
from spanwise.cli import FAILED, OK
from spanwise.values import printable

GOOD, NOTE, BAD = "ok", "note", "bad"
# Tracers that patch the same libraries: two at once make two spans of everything.
RIVALS = ("ddtrace", "logfire", "sentry-sdk", "elastic-apm", "newrelic", "opentelemetry-distro")
# By which servers take workers and options without a flag.
SERVER_VARIABLES = {"WEB_CONCURRENCY": "The server", "GUNICORN_CMD_ARGS": "gunicorn"}
GRPC_HINT = "set SPANWISE_PROTOCOL=grpc, or SPANWISE_ENDPOINT to the port of OTLP/HTTP, 4318 by custom"
UNAUTHORIZED, FORBIDDEN = 401, 403
CLOCK_TOLERANCE = 2.0
SEARCHABLE_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `bad` ones make the exit code 1."""

    level: str
    text: str


def main(argv: list[str]) -> int:
    """Look at everything and print the findings."""
    parser = argparse.ArgumentParser(prog="spanwise doctor", description=__doc__)
    parser.add_argument("--endpoint", help="address of the collector (SPANWISE_ENDPOINT), http://127.0.0.1:4318")
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")
    options = parser.parse_args(argv)
    findings = list(examine(options.endpoint))
    if options.json:
        sys.stdout.write(
            json.dumps([{"level": found.level, "text": found.text} for found in findings], indent=2) + "\n"
        )
    else:
        for found in findings:
            # Some of it is what a server said.
            sys.stdout.write(f"{found.level:<5}{printable(found.text)}\n")
    return FAILED if any(found.level == BAD for found in findings) else OK


def examine(endpoint: str | None = None) -> Iterator[Finding]:
    """All findings, in the order in which they matter to each other."""
    from spanwise.export.proxy import proxy_for
    from spanwise.settings import GRPC, SettingsError, resolve

    try:
        settings = resolve(endpoint=endpoint)
    except SettingsError as error:
        yield Finding(BAD, f"A setting cannot be used: {error}.")
        return
    if settings.disabled:
        yield Finding(BAD, "Tracing is switched off by SPANWISE_DISABLED or OTEL_SDK_DISABLED.")
        return
    yield from _libraries()
    yield from _rivals()
    yield from _instrumented_twice()
    yield from _server_mode()
    yield Finding(GOOD, f"Spans go to {settings.traces_endpoint}, log records to {settings.logs_endpoint}.")
    if proxy := proxy_for(settings.traces_endpoint):
        yield Finding(NOTE, f"Exports go through the proxy {proxy.host}:{proxy.port} (HTTP_PROXY, NO_PROXY).")
    if settings.sampling_interval is not None:
        yield Finding(NOTE, f"The collector is asked for sampling every {settings.sampling_interval:g} s.")
    if settings.sample < 1:
        yield Finding(NOTE, f"Only {settings.sample:.2%} of the traces that begin here are kept (SPANWISE_SAMPLE).")
    yield Finding(NOTE, f"Trace headers are sent to {', '.join(settings.propagate_to)} hosts (SPANWISE_PROPAGATE_TO).")
    if settings.protocol == GRPC:
        yield from _arrival_over_grpc(settings.endpoint)
    else:
        yield from _arrival(settings.endpoint, settings.headers)


def _libraries() -> Iterator[Finding]:
    from spanwise.instrument.contrib import TRIGGERS, installed
    from spanwise.instrument.registry import COMPLETED, OWN

    own = sorted({library.name for library in OWN if _is_installed(library.trigger)} - COMPLETED)
    yield Finding(GOOD, f"Traced here when imported: {', '.join(own) or 'nothing that is installed'}.")
    contrib = installed()
    if contrib:
        yield Finding(GOOD, f"Traced by OpenTelemetry's instrumentations: {', '.join(contrib)}.")
    # sqlite3 comes with Python, whether it is used or not.
    missing = sorted(
        {name for name, trigger in TRIGGERS.items() if _is_installed(trigger)} - set(contrib) - {"sqlite3"}
    )
    if missing:
        yield Finding(NOTE, f"Installed and not traced: {', '.join(missing)}; pip install 'spanwise[all]' brings it.")


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    try:
        # OpenTelemetry's packages share a name at the top.
        return find_spec(module if module.startswith("opentelemetry.") else module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def _rivals() -> Iterator[Finding]:
    for name in RIVALS:
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        yield Finding(NOTE, f"{name} {found} is installed; where it runs as well, calls may be traced twice.")


def _instrumented_twice() -> Iterator[Finding]:
    """OpenTelemetry's instrumentations of what Spanwise traces itself, and its own way of starting programs."""
    from spanwise.instrument.contrib import GROUP
    from spanwise.instrument.registry import COMPLETED, OWN

    own = {library.name for library in OWN} - COMPLETED
    twice = sorted({entry.name for entry in entry_points(group=GROUP)} & own)
    if twice:
        text = f"{', '.join(twice)}: traced by Spanwise, and OpenTelemetry's instrumentations are installed besides. "
        yield Finding(NOTE, text + "Spanwise leaves those idle; do not start them yourself (opentelemetry-instrument).")
    if "opentelemetry.instrumentation.auto_instrumentation" in sys.modules:
        yield Finding(BAD, "This process was started by opentelemetry-instrument as well: every call is traced twice.")


def _server_mode() -> Iterator[Finding]:
    if "SPANWISE_AUTO" in os.environ:
        yield Finding(GOOD, "This process runs under `spanwise run`: it and its children trace themselves.")
    else:
        yield Finding(NOTE, "This process does not run under `spanwise run`: only programs that call init are traced.")
    for variable, server in SERVER_VARIABLES.items():
        if value := os.environ.get(variable):
            yield Finding(NOTE, f"{server} is started with {variable}={value}.")
    if _is_installed("uwsgi") or "uwsgi" in sys.modules:
        yield Finding(NOTE, "uwsgi is installed: it runs no threads, and so no exports, without --enable-threads.")
    if "gevent" in sys.modules or _is_installed("gevent"):
        yield Finding(NOTE, "gevent is installed: call its monkey.patch_all() before the first import of spanwise.")
    if state.active is None and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield Finding(NOTE, "SIGTERM has a handler of its own; call spanwise.shutdown() in it if it ends the process.")


def _arrival_over_grpc(endpoint: str) -> Iterator[Finding]:
    _, counts = _send_one(endpoint)
    if not counts.get("exported"):
        yield Finding(BAD, f"A span was not accepted over gRPC: {counts}. Is the collector running at {endpoint}?")
        return
    yield Finding(GOOD, "A span was sent and accepted over gRPC; it cannot be read back that way.")


def _arrival(endpoint: str, headers: Mapping[str, str]) -> Iterator[Finding]:
    """Send a span and read it back."""
    try:
        status, answer, skew = _get(endpoint, "/readyz", headers)
    except OSError as error:
        yield Finding(BAD, f"The collector at {endpoint} does not answer ({error}). Start one with `spanwise up`.")
        return
    except http.client.HTTPException:
        yield Finding(BAD, f"What listens at {endpoint} does not speak HTTP. Is it gRPC's port? Then: {GRPC_HINT}.")
        return
    if status == 404:
        yield Finding(NOTE, f"{endpoint} answers but is no Spanwise collector, so a span cannot be read back.")
    elif status != 200:
        yield Finding(BAD, f"The collector at {endpoint} is not ready: {answer.get('reason', status)}.")
    if skew is not None and abs(skew) > CLOCK_TOLERANCE:
        yield Finding(NOTE, f"The collector's clock differs from this one by {skew:+.0f} s.")
    trace_id, counts = _send_one(endpoint)
    if not counts.get("exported"):
        asked = _get(endpoint, "/api/v1/status", headers)[0]
        wrong = " The collector does not know the key that it was given, or got none (SPANWISE_KEY)."
        yield Finding(BAD, f"A span was not accepted: {counts}.{wrong if asked == UNAUTHORIZED else ''}")
        return
    yield Finding(GOOD, "A span was sent and accepted.")
    if status == 200:
        yield _read_back(endpoint, trace_id, headers)


def _send_one(endpoint: str) -> tuple[str, dict[str, int]]:
    """Send one span through a tracer of its own; its trace id and what became of it."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from spanwise.export.exporter import Exporter
    from spanwise.processor import QueueProcessor
    from spanwise.settings import resolve

    attributes = {"service.name": "spanwise-doctor"}
    exporter = Exporter(resolve("spanwise-doctor", endpoint=endpoint), attributes, dict)
    provider = TracerProvider(resource=Resource(attributes), shutdown_on_exit=False)
    provider.add_span_processor(QueueProcessor(exporter))
    with provider.get_tracer("spanwise.doctor").start_as_current_span("checkup") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
    exporter.flush(5.0)
    counts = exporter.counters()["spans"]
    exporter.shutdown(1.0)
    return trace_id, counts


def _read_back(endpoint: str, trace_id: str, headers: Mapping[str, str]) -> Finding:
    started = time.monotonic()
    while time.monotonic() - started < SEARCHABLE_WITHIN:
        status, answer, _ = _get(endpoint, f"/api/v1/traces/{trace_id}", headers)
        if status == FORBIDDEN:
            return Finding(NOTE, "The key only sends, so the span cannot be read back.")
        if status == 200 and answer.get("span_count") == 1:
            return Finding(GOOD, f"It was read back after {time.monotonic() - started:.1f} s.")
        time.sleep(0.1)
    return Finding(BAD, f"It could not be read back within {SEARCHABLE_WITHIN:.0f} s (trace {trace_id}).")


def _get(endpoint: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, Any], float | None]:
    """Status, JSON and how far the server's clock is ahead, in seconds."""
    from email.utils import parsedate_to_datetime

    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=3)
    try:
        connection.request("GET", parts.path.rstrip("/") + path, headers=dict(headers))
        response = connection.getresponse()
        body = response.read(4 * 1024 * 1024)
    finally:
        connection.close()
    date, skew = response.headers.get("Date"), None
    with suppress(ValueError, OverflowError):
        skew = parsedate_to_datetime(date).timestamp() - time.time() if date else None
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = {}
    return response.status, answer if isinstance(answer, dict) else {}, skew
