"""What the spans of a run say: about 410 bytes each, ten attributes, a shop of eight services."""

from __future__ import annotations

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SERVICES = ("gateway", "catalog", "cart", "checkout", "inventory", "payments", "fraud", "notifications")

_ROUTES = ("/products/{id}", "/cart/{id}/items", "/checkout", "/stock/{sku}", "/payments", "/search")
_METHODS = ("GET", "GET", "GET", "POST", "PUT")

# Served requests take 1 to about 250 ms; every 37th fails.
_DURATIONS_MS = (1, 2, 3, 5, 8, 12, 20, 31, 47, 90, 140, 250)
_FAILS_EVERY = 37


def resource(client: int) -> Resource:
    """The resource of a client: it is one instance of one service."""
    name = SERVICES[client % len(SERVICES)]
    return Resource(
        attributes=_attributes(
            {
                "service.name": name,
                "service.version": "1.4.2",
                "service.instance.id": f"{name}-{client}-7f9c6d5b8",
                "host.name": f"node-{client % 3}",
                "telemetry.sdk.language": "python",
            }
        )
    )


def scope() -> InstrumentationScope:
    """The scope of all spans."""
    return InstrumentationScope(name="spanwise.asgi", version="0.1.0")


def duration(index: int) -> int:
    """How long the span at this place in its body takes, in nanoseconds."""
    return _DURATIONS_MS[index * 7 % len(_DURATIONS_MS)] * 1_000_000 + index * 977


def span(client: int, index: int) -> Span:
    """The span at this place in its body, without what differs from body to body: ids and times."""
    route = _ROUTES[(index + client) % len(_ROUTES)]
    method = _METHODS[index % len(_METHODS)]
    failed = index % _FAILS_EVERY == 0
    peer = f"{SERVICES[(client + 1) % len(SERVICES)]}.shop.internal"
    path = route.replace("{id}", str(index * 31)).replace("{sku}", f"sku-{index:04}")
    return Span(
        name=f"{method} {route}",
        kind=Span.SPAN_KIND_SERVER if index % 4 == 0 else Span.SPAN_KIND_CLIENT,
        flags=0x101,
        status=Status(code=Status.STATUS_CODE_ERROR, message="upstream timed out") if failed else Status(),
        attributes=_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": 504 if failed else 200,
                "url.full": f"http://{peer}:8080{path}?currency=EUR",
                "server.address": peer,
                "server.port": 8080,
                "user.tier": ("free", "plus", "business")[index % 3],
                "cart.items": index % 9,
                "cache.hit": index % 5 != 0,
                "network.peer.address": f"10.0.{client}.{index % 250}",
            }
        ),
    )


def _attributes(values: dict[str, str | int | bool]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in values.items()]


def _any(value: str | int | bool) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
