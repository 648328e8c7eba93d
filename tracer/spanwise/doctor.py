"""`spanwise doctor`: what is installed and traced, where spans go, whether they arrive; a sentence a finding."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from spanwise.cli import FAILED, OK

GOOD, NOTE, BAD = "ok", "note", "bad"
# Tracers that patch the same libraries: two at once make two spans of everything.
RIVALS = ("ddtrace", "logfire", "sentry-sdk", "elastic-apm", "newrelic", "opentelemetry-distro")
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
            sys.stdout.write(f"{found.level:<5}{found.text}\n")
    return FAILED if any(found.level == BAD for found in findings) else OK


def examine(endpoint: str | None = None) -> Iterator[Finding]:
    """All findings, in the order in which they matter to each other."""
    from spanwise.settings import SettingsError, resolve

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
    yield from _server_mode()
    yield Finding(GOOD, f"Spans go to {settings.traces_endpoint}, log records to {settings.logs_endpoint}.")
    if settings.sample < 1:
        yield Finding(NOTE, f"Only {settings.sample:.2%} of the traces that begin here are kept (SPANWISE_SAMPLE).")
    yield Finding(NOTE, f"Trace headers are sent to {', '.join(settings.propagate_to)} hosts (SPANWISE_PROPAGATE_TO).")
    yield from _arrival(settings.endpoint)


def _libraries() -> Iterator[Finding]:
    from spanwise.instrument.contrib import TRIGGERS, installed
    from spanwise.instrument.registry import OWN

    own = sorted({library.name for library in OWN if _is_installed(library.trigger)})
    yield Finding(GOOD, f"Traced here when imported: {', '.join(own) or 'nothing that is installed'}.")
    contrib = installed()
    if contrib:
        yield Finding(GOOD, f"Traced by OpenTelemetry's instrumentations: {', '.join(contrib)}.")
    missing = sorted({name for name, trigger in TRIGGERS.items() if _is_installed(trigger)} - set(contrib) - {"urllib"})
    if missing:
        yield Finding(NOTE, f"Installed and not traced: {', '.join(missing)}; pip install 'spanwise[all]' brings it.")


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def _rivals() -> Iterator[Finding]:
    for name in RIVALS:
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        yield Finding(NOTE, f"{name} {found} is installed; where it runs as well, calls may be traced twice.")


def _server_mode() -> Iterator[Finding]:
    if "SPANWISE_AUTO" in os.environ:
        yield Finding(GOOD, "This process runs under `spanwise run`.")
    if "gevent" in sys.modules or _is_installed("gevent"):
        yield Finding(NOTE, "gevent is installed: call its monkey.patch_all() before the first import of spanwise.")
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield Finding(NOTE, "SIGTERM has a handler of its own; call spanwise.shutdown() in it if it ends the process.")


def _arrival(endpoint: str) -> Iterator[Finding]:
    """Send a span and read it back."""
    try:
        status, answer, skew = _get(endpoint, "/readyz")
    except OSError as error:
        yield Finding(BAD, f"The collector at {endpoint} does not answer ({error}). Start one with `spanwise up`.")
        return
    if status == 404:
        yield Finding(NOTE, f"{endpoint} answers but is no Spanwise collector, so a span cannot be read back.")
    elif status != 200:
        yield Finding(BAD, f"The collector at {endpoint} is not ready: {answer.get('reason', status)}.")
    if skew is not None and abs(skew) > CLOCK_TOLERANCE:
        yield Finding(NOTE, f"The collector's clock differs from this one by {skew:+.0f} s.")
    trace_id, counts = _send_one(endpoint)
    if not counts.get("exported"):
        yield Finding(BAD, f"A span was not accepted: {counts}.")
        return
    yield Finding(GOOD, "A span was sent and accepted.")
    if status == 200:
        yield _read_back(endpoint, trace_id)


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


def _read_back(endpoint: str, trace_id: str) -> Finding:
    started = time.monotonic()
    while time.monotonic() - started < SEARCHABLE_WITHIN:
        status, answer, _ = _get(endpoint, f"/api/v1/traces/{trace_id}")
        if status == 200 and answer.get("span_count") == 1:
            return Finding(GOOD, f"It was read back after {time.monotonic() - started:.1f} s.")
        time.sleep(0.1)
    return Finding(BAD, f"It could not be read back within {SEARCHABLE_WITHIN:.0f} s (trace {trace_id}).")


def _get(endpoint: str, path: str) -> tuple[int, dict[str, Any], float | None]:
    """Status, JSON and how far the server's clock is ahead, in seconds."""
    from email.utils import parsedate_to_datetime

    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=3)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        response = connection.getresponse()
        body = response.read(4 * 1024 * 1024)
    finally:
        connection.close()
    date = response.headers.get("Date")
    skew = parsedate_to_datetime(date).timestamp() - time.time() if date else None
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    return response.status, answer if isinstance(answer, dict) else {}, skew
