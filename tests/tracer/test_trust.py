"""Callers that are believed, hosts that are told, and what answers reveal."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest
import spanwise
from opentelemetry import baggage
from spanwise.asgi import Receive, Scope, Send
from spanwise.testing import Capture, capture
from spanwise.trust import Recipients, is_internal
from werkzeug.test import Client

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"
CALLER = {"traceparent": f"00-{TRACE}-{SPAN}-01", "baggage": "user=7", "b3": "d"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    with spanwise.span("inside", baggage=dict(baggage.get_all())):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body"})


def serve(peer: str = "203.0.113.9", **settings: Any) -> tuple[Capture, httpx.Response]:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(spanwise.ASGIMiddleware(app), client=(peer, 1234))
        return await transport.handle_async_request(httpx.Request("GET", "http://shop/", headers=CALLER))

    with capture(**settings) as seen:
        response = anyio.run(get)
    return seen, response


@pytest.mark.parametrize(
    ("trust", "peer", "continued", "linked"),
    [
        ("continue", "203.0.113.9", True, False),
        ("link", "10.1.2.3", False, True),
        ("ignore", "10.1.2.3", False, False),
        ("10.0.0.0/8, ::1", "10.1.2.3", True, False),
        (["10.0.0.0/8", "::1"], "::1", True, False),
        ("10.0.0.0/8", "203.0.113.9", False, True),
        ("10.0.0.0/8", "no address", False, True),
    ],
)
def test_a_callers_trace_is_continued_linked_or_ignored(trust: Any, peer: str, continued: bool, linked: bool) -> None:
    seen, _ = serve(peer, trust=trust)
    server, inside = seen.one("GET"), seen.one("inside")
    assert (server.trace_id == TRACE) is continued
    assert server.links == ([(TRACE, SPAN)] if linked else [])
    assert bool(inside.attributes["baggage"]) is continued


def test_strangers_cannot_make_us_sample() -> None:
    seen, _ = serve(trust="link", sample=0.0)
    assert seen.spans == []
    seen, _ = serve(sample=0.0)
    assert len(seen.spans) == 2


def test_a_trust_that_is_no_network_is_refused() -> None:
    with pytest.raises(spanwise.SettingsError, match="trust: 'everyone' does not appear to be"):
        serve(trust="everyone")


def test_answers_name_the_trace_when_asked_to() -> None:
    seen, response = serve(response_headers="x-trace-id,traceresponse,b3")
    span = seen.one("GET").span_id
    assert response.headers.raw == [
        (b"x-own", b"1"),
        (b"x-trace-id", TRACE.encode()),
        (b"traceresponse", f"00-{TRACE}-{span}-01".encode()),
        (b"b3", f"{TRACE}-{span}-1".encode()),
    ]
    assert serve()[1].headers.raw == [(b"x-own", b"1")]


def test_answers_of_wsgi_name_the_trace_too() -> None:
    def wsgi(_environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b""]

    with (
        capture(response_headers="x-trace-id"),
        Client(spanwise.WSGIMiddleware(wsgi)).get("/", headers=CALLER) as response,
    ):
        assert response.headers["X-Trace-Id"] == TRACE


@pytest.mark.parametrize(
    "host",
    ["localhost", "orders", "orders.prod", "orders.prod.svc.cluster.local", "127.0.0.1", "10.2.3.4", "::1", "fd00::1"],
)
def test_hosts_of_ones_own_network(host: str) -> None:
    assert is_internal(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "api.stripe.com", "shop.example.de", "shop.ninja", "a.xn--p1ai", "8.8.8.8", "2606:4700::1111"],
)
def test_hosts_of_others(host: str) -> None:
    assert not is_internal(host)


def call_out(host: str, **settings: Any) -> tuple[Capture, set[str]]:
    told: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        told.update({"traceparent", "b3", "baggage"} & {name.lower() for name in request.headers})
        return httpx.Response(200)

    with capture(**settings) as seen, httpx.Client(transport=httpx.MockTransport(answer)) as client:
        client.get(f"https://{host}/")
    return seen, told


@pytest.mark.parametrize(
    ("host", "settings", "told"),
    [
        ("api.stripe.com", {}, False),
        ("orders.prod", {}, True),
        ("api.shop.com", {"propagate_to": "internal,*.shop.com"}, True),
        ("orders.prod", {"propagate_to": "*.shop.com"}, False),
        ("api.stripe.com", {"propagate_to": "*"}, True),
        ("evil-shop.com", {"propagate_to": "*.shop.com"}, False),
    ],
)
def test_only_named_hosts_are_told(host: str, settings: dict[str, Any], told: bool) -> None:
    seen, names = call_out(host, **settings)
    assert names == ({"traceparent", "b3"} if told else set())
    assert seen.spans[0].attributes.get("spanwise.propagated", True) is told


def test_recipients_compare_without_case_and_trailing_dot() -> None:
    assert Recipients(["*.shop.com"]).include("API.Shop.Com.")
