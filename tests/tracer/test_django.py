"""Django as WSGI and ASGI, automatically and with the public middleware: one span, named by URL pattern."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import django
import httpx
import pytest
import spanwise
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path
from spanwise.testing import Capture, capture
from werkzeug.test import Client

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"


def item(_request: HttpRequest, **names: Any) -> HttpResponse:
    with spanwise.span("inside"):
        return HttpResponse(str(names))


def boom(_request: HttpRequest) -> HttpResponse:
    raise ValueError("no such thing")


def stream(_request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        with spanwise.span("chunk"):
            yield b"x"

    return StreamingHttpResponse(body())


urlpatterns = [
    path("items/<int:number>/", item),
    re_path(r"^old/(?P<name>\w+)$", item),
    path("api/", include([path("v1/<slug:name>", item)])),
    path("boom", boom),
    path("stream", stream),
]


@pytest.fixture(scope="module", autouse=True)
def configured() -> None:
    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", LOGGING_CONFIG=None)
    django.setup()


@pytest.fixture(params=["automatic", "middleware", "both"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    with_middleware = request.param != "automatic"
    settings.MIDDLEWARE = ["spanwise.django.Middleware"] if with_middleware else []
    yield request.param
    settings.MIDDLEWARE = []


def served(url: str, kind: str) -> Capture:
    with capture() as seen:
        app: Any = WSGIHandler()
        if kind == "middleware":
            # The handler as it is where nothing was instrumented automatically.
            app = type(app).__call__.__wrapped__.__get__(app)  # type: ignore[attr-defined]
        with Client(app).get(url, headers={"traceparent": f"00-{TRACE}-{SPAN}-01"}) as response:
            assert response.data is not None
    return seen


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/items/7/", "GET /items/<int:number>/"),
        ("/old/x", r"GET /old/(?P<name>\w+)"),
        ("/api/v1/x", "GET /api/v1/<slug:name>"),
    ],
)
def test_one_span_named_by_the_url_pattern(url: str, name: str, kind: str) -> None:
    inside, server = served(url, kind).spans
    assert (server.name, server.kind, server.trace_id, server.parent_id) == (name, "server", TRACE, SPAN)
    assert (inside.parent_id, server.attributes["http.response.status_code"]) == (server.span_id, 200)


def test_an_exception_that_django_turns_into_a_500_is_recorded(kind: str) -> None:
    (span,) = served("/boom", kind).spans
    assert (span.name, span.status, span.attributes["error.type"]) == ("GET /boom", "error", "ValueError")
    assert span.attributes["http.response.status_code"] == 500


def test_an_unknown_path_is_named_by_the_method(kind: str) -> None:
    (span,) = served("/nothing", kind).spans
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET", 404)


def test_a_stream_ends_the_span_with_its_last_chunk(kind: str) -> None:
    seen = served("/stream", kind)
    assert [span.name for span in seen.spans] == ["chunk", "GET /stream"]


def test_as_an_asgi_application() -> None:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(ASGIHandler())
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await transport.handle_async_request(client.build_request("GET", "/items/7/"))

    with capture() as seen:
        assert asyncio.run(get()).status_code == 200
    assert seen.spans[-1].name == "GET /items/<int:number>/"
    assert seen.one("inside").parent_id == seen.spans[-1].span_id
