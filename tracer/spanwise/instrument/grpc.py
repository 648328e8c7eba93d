"""gRPC: whom to believe and whom to tell; the spans are OpenTelemetry's instrumentation's (ADR-0012, ADR-0018)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from opentelemetry.context import Context, attach, create_key, get_current, get_value, set_value
from opentelemetry.trace import Link, get_current_span

from spanwise import state
from spanwise.instrument.patching import wrap

_LINKS = create_key("spanwise-grpc-links")
_SCHEME = re.compile(r"(dns|ipv4|ipv6|unix|unix-abstract|vsock|xds|passthrough|[a-z0-9+.-]+(?=://)):(?://[^/]*/)?")


def instrument() -> None:
    """Called when OpenTelemetry's instrumentation is imported, before it replaces anything."""
    server = import_module("opentelemetry.instrumentation.grpc._server").OpenTelemetryServerInterceptor
    wrap(server, "_set_remote_context", _admitting)
    wrap(server, "_start_span", _linking)
    grpc, aio = import_module("grpc"), import_module("grpc.aio")
    for name in ("insecure_channel", "secure_channel"):
        wrap(grpc, name, _sync_channel)
        wrap(aio, name, _aio_channel)


def _admitting(original: Callable[..., Any]) -> Callable[..., Any]:
    """In the place of theirs: several values of a header are seen, and `trust` is asked for the caller."""

    @contextmanager
    def set_remote_context(self: Any, call: Any) -> Iterator[None]:
        active = state.active
        if active is None:
            with original(self, call):
                yield
            return
        names, fields = active.propagator.names, dict[str, list[str]]()
        for key, value in call.invocation_metadata() or ():
            if key in names and isinstance(value, str):
                fields.setdefault(key, []).append(value)
        context, links = active.trust.admit(active.propagator.extract_fields(fields, Context()), peer_of(call.peer()))
        previous, context = get_current(), set_value(_LINKS, links, context)
        attach(context)
        try:
            yield
        finally:
            # A stream that is closed by another task ends in that task's context, which stays as it is.
            if get_current() is context:
                attach(previous)

    return set_remote_context


def _linking(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_span(self: Any, *args: Any, **options: Any) -> AbstractContextManager[Any]:
        started = original(self, *args, **options)
        links: Any = get_value(_LINKS)
        return _linked(started, links) if links else started

    return start_span


@contextmanager
def _linked(started: AbstractContextManager[Any], links: list[Link]) -> Iterator[Any]:
    with started as span:
        for link in links:
            span.add_link(link.context)
        yield span


def _sync_channel(original: Callable[..., Any]) -> Callable[..., Any]:
    def channel(target: str, *args: Any, **options: Any) -> Any:
        made = original(target, *args, **options)
        return made if _is_told(target) else import_module("grpc").intercept_channel(made, _withholding("grpc")[0])

    return channel


def _aio_channel(original: Callable[..., Any]) -> Callable[..., Any]:
    def channel(target: str, *args: Any, **options: Any) -> Any:
        if not _is_told(target):
            # The last of them is the one nearest to the wire.
            options["interceptors"] = [*(options.get("interceptors") or ()), *_withholding("grpc.aio")]
        return original(target, *args, **options)

    return channel


def _is_told(target: str) -> bool:
    active = state.active
    return active is None or all(active.recipients.include(host) for host in hosts_of(target))


def hosts_of(target: str) -> list[str]:
    """Hosts that the name of a channel's target holds; `localhost` for sockets of this machine."""
    scheme = _SCHEME.match(target)
    if scheme is not None and scheme[1] in ("unix", "unix-abstract", "vsock"):
        return ["localhost"]
    addresses = target[scheme.end() :] if scheme is not None else target
    return [_without_port(unquote(address)) for address in addresses.split(",")]


def peer_of(text: str) -> str | None:
    """The address in gRPC's word for a caller, such as `ipv6:%5B::1%5D:50051`; None for a socket of this machine."""
    kind, _, address = text.partition(":")
    return _without_port(unquote(address)) if kind in ("ipv4", "ipv6") else None


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _withholding(module: str) -> list[Any]:
    """Interceptors that take our headers out of a call, one for each of the four shapes of calls."""
    grpc = import_module(module)

    def intercept(_self: Any, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        return continuation(_without_ours(details), request)

    shapes = ("UnaryUnary", "UnaryStream", "StreamUnary", "StreamStream")
    names = ["intercept_" + re.sub("(?<=y|m)(?=[US])", "_", shape).lower() for shape in shapes]
    bases = [getattr(grpc, f"{shape}ClientInterceptor") for shape in shapes]
    if module == "grpc":
        return [type("Withholding", tuple(bases), dict.fromkeys(names, intercept))()]

    async def intercept_aio(_self: Any, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        return await continuation(_without_ours(details), request)

    # asyncio's channel asks each interceptor for one shape only.
    return [type("Withholding", (base,), {name: intercept_aio})() for base, name in zip(bases, names, strict=True)]


def _without_ours(details: Any) -> Any:
    active = state.active
    if active is None or not details.metadata:
        return details
    ours = active.propagator.fields
    pairs = list(details.metadata)
    kept = [(key, value) for key, value in pairs if key not in ours]
    if len(kept) == len(pairs):
        return details
    # Said on the span: a trace that ends here does so on purpose.
    get_current_span().set_attribute("spanwise.propagated", False)
    return details._replace(metadata=type(details.metadata)(*kept) if _is_aio(details) else tuple(kept))


def _is_aio(details: Any) -> bool:
    return type(details.metadata).__module__.startswith("grpc.aio")
