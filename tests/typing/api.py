"""The public API as users write it. It is checked by mypy and pyright and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, assert_type

import spanwise
import spanwise.django
import spanwise.testing


def setting_up() -> None:
    spanwise.init()
    spanwise.init("api", endpoint="http://collector:4318", sample=0.1, exclude=["/healthz"], trust=["10.0.0.0/8"])
    spanwise.init("api", sample_rules={"GET /x": 0.5}, before_send=lambda item: item, protocol="grpc")
    assert_type(spanwise.flush(), bool)
    assert_type(spanwise.flush(timeout=1.5), bool)
    spanwise.shutdown()
    spanwise.shutdown(0.5)
    try:
        spanwise.init("api", endpoint="nowhere")
    except spanwise.SettingsError as error:
        assert_type(str(error), str)


@spanwise.trace
def plain(order: int, *, express: bool = False) -> str:
    return f"{order}{express}"


@spanwise.trace("charge", kind="card")
async def asynchronous(order: int) -> str:
    return str(order)


@spanwise.trace
def generator(count: int) -> Iterator[int]:
    yield from range(count)


@spanwise.trace("numbers")
async def async_generator(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


async def decorated_functions_keep_their_types() -> None:
    assert_type(plain(1, express=True), str)
    assert_type(await asynchronous(1), str)
    assert_type(generator(3), Iterator[int])
    assert_type(async_generator(3), AsyncIterator[int])
    function: Callable[[int], str] = spanwise.carry(plain)
    assert_type(function(1), str)


def by_hand() -> None:
    with spanwise.span("price", items=3, currency="EUR") as span:
        span.set(total=7.5)
        span.fail(ValueError("no"))
        assert_type(span.otel.is_recording(), bool)
    spanwise.event("discount", percent=10)
    spanwise.link("00-" + "1" * 32 + "-" + "2" * 16 + "-01", reason="retry")


async def asgi_app(scope: Any, receive: Any, send: Any) -> None: ...


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    return []


def wrapping() -> None:
    assert_type(spanwise.ASGIMiddleware(asgi_app), spanwise.ASGIMiddleware)
    assert_type(spanwise.WSGIMiddleware(wsgi_app), spanwise.WSGIMiddleware)
    spanwise.django.Middleware(lambda request: request)


def testing() -> None:
    with spanwise.testing.capture("api", sample=1.0) as seen:
        plain(1)
    assert_type(seen, spanwise.testing.Capture)
    assert_type(seen.one("plain").status, str)
    assert_type(seen.queries, list[str])
    seen.assert_queries(at_most=2)
