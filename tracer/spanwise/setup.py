"""`spanwise.init`: the provider, the propagator, the exporter and the instrumentations, set up once."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Unpack

from spanwise import __version__, state
from spanwise.guard import logger, swallowed
from spanwise.settings import Settings, SettingsError, environment, resolve

if TYPE_CHECKING:
    from spanwise.export.exporter import Exporter
    from spanwise.options import Options

_lock = threading.RLock()


def init(
    service: str | None = None,
    *,
    endpoint: str | None = None,
    accept: str | tuple[str, ...] | list[str] | None = None,
    send: str | tuple[str, ...] | list[str] | None = None,
    **options: Unpack[Options],
) -> None:
    """Start tracing this process; spans and log records go to the collector from then on.

    Only the first call counts, later ones change nothing. Arguments win over `SPANWISE_*`, these over
    `OTEL_*`. `accept` and `send` name header formats among `tracecontext`, `baggage`, `b3` and `b3multi`.
    Never blocks and opens no connection. Raises SettingsError for a setting that cannot be used, which is
    a mistake in the program; everything that goes wrong later is kept away from the application.
    """
    with _lock:
        if state.active is not None:
            return
        settings = resolve(service, endpoint=endpoint, accept=accept, send=send, **options)
        if settings.disabled:
            return
        try:
            state.active = _set_up(settings)
        except SettingsError:
            raise
        except Exception:
            swallowed("init")
            return
        _instrument(settings)


def _set_up(settings: Settings) -> state.Active:
    from opentelemetry import propagate, trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from spanwise.export.exporter import Exporter
    from spanwise.lean import tracer_of
    from spanwise.lifecycle import watch_exits
    from spanwise.processor import QueueProcessor
    from spanwise.propagation.propagator import Propagator
    from spanwise.provider import give_way
    from spanwise.resource import ProcessIdentity, service_attributes
    from spanwise.sampling import from_settings
    from spanwise.trust import Recipients, Trust

    trust = Trust(settings.trust)
    identity = ProcessIdentity()
    provider = trace.get_tracer_provider()
    own = not isinstance(provider, TracerProvider)
    if not isinstance(provider, TracerProvider):
        attributes = {**service_attributes(settings.service, environment()), **identity.attributes()}
        resource = Resource.create(attributes)  # type: ignore[arg-type]
        sampler = from_settings(settings, str(resource.attributes["service.name"]))
        provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        trace.set_tracer_provider(provider)
    exporter = Exporter(settings, provider.resource.attributes, identity.attributes)
    provider.add_span_processor(QueueProcessor(exporter))
    propagator = Propagator(settings.accept, settings.send)
    propagate.set_global_textmap(propagator)
    watch_exits(shutdown, leave, sigterm=settings.sigterm)
    active = state.Active(
        settings=settings,
        propagator=propagator,
        exporter=exporter,
        tracer=tracer_of(provider, __version__, settings, own=own),
        trust=trust,
        recipients=Recipients(settings.propagate_to),
    )
    if own:
        give_way(provider, partial(_join, active, exporter))
    return active


def _join(active: state.Active, exporter: Exporter, theirs: object) -> None:
    """Join a provider that the application sets later; one that is no SDK's keeps its spans to itself."""
    from opentelemetry.sdk.trace import TracerProvider

    from spanwise.lean import tracer_of
    from spanwise.processor import QueueProcessor

    if isinstance(theirs, TracerProvider):
        theirs.add_span_processor(QueueProcessor(exporter))
        exporter.resource = theirs.resource.attributes
        active.tracer = tracer_of(theirs, __version__, active.settings, own=False)


def _instrument(settings: Settings) -> None:
    if settings.logs:
        try:
            from spanwise.logs import install

            install()
        except Exception:
            swallowed("instrumenting logging")
    if settings.instrument:
        from spanwise.instrument.registry import instrument_all

        instrument_all(settings.without)


def flush(timeout: float = 2.0) -> bool:
    """Send what is queued now; True when the collector took everything within the timeout in seconds."""
    active = state.active
    return active.exporter.flush(timeout) if active is not None else True


def leave() -> None:
    """Flush where the process may be about to end; `exit_timeout` bounds all such waits together."""
    active = state.active
    if active is not None:
        active.exporter.leave()


def shutdown(timeout: float | None = None) -> None:
    """Send what is queued and stop exporting; called by itself when the process exits, for `exit_timeout` at most."""
    active = state.active
    if active is None:
        return
    try:
        active.exporter.shutdown(timeout)
    except Exception:
        logger.debug("spanwise: shutdown failed", exc_info=True)
