"""The tracers that `bench.tracer` compares, each set up as its own documentation does."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

App = Callable[[Any, Any, Any], Awaitable[None]]


async def bare_app(scope: Any, receive: Any, send: Any) -> None:
    """The smallest application."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Bare:
    """No tracer at all: what the others are compared with."""

    def start(self, endpoint: str, share: float) -> None:
        """Set the tracer up; `share` is the part of traces that is kept."""

    def span(self) -> None:
        """Make one span with three attributes."""

    def app(self) -> App:
        """The application, traced."""
        return bare_app


class Spanwise(Bare):
    """This project's tracer."""

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
