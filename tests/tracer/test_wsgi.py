"""The WSGI middleware with plain WSGI, Flask and Django: names, errors, streaming, and unchanged behaviour."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults

import flask
import pytest
import spanwise
from spanwise.request import host_and_port
from spanwise.testing import Capture, capture
from spanwise.wsgi import Environ, StartResponse, WSGIMiddleware
from werkzeug.test import Client

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"


def flask_app() -> flask.Flask:
    # A logger of its own: the levels of loggers outlast a test.
    app = flask.Flask("till")
    logging.getLogger("till").setLevel(logging.CRITICAL)

    @app.get("/items/<int:item_id>")
    def item(item_id: int) -> str:
        return str(item_id)

    @app.get("/boom")
    def boom() -> str:
        raise ValueError("no such thing")

    @app.get("/stream")
    def stream() -> flask.Response:
        def body() -> Iterator[str]:
            for _ in range(3):
                with spanwise.span("chunk"):
                    yield "x"

        return flask.Response(body())

    return app


def fetch(path: str, app: Any = None, **headers: str) -> tuple[int, list[tuple[str, str]], bytes]:
    with Client(app or flask_app()).get(path, headers=headers) as response:
        return response.status_code, list(response.headers), response.data


def served(path: str, **headers: str) -> Capture:
    with capture() as seen:
        fetch(path, **headers)
    return seen


def test_a_flask_request_is_one_server_span_named_by_its_rule() -> None:
    (span,) = served("/items/7?token=secret", traceparent=f"00-{TRACE}-{SPAN}-01").spans
    assert (span.name, span.kind, span.status) == ("GET /items/<int:item_id>", "server", "unset")
    assert (span.trace_id, span.parent_id) == (TRACE, SPAN)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/<int:item_id>",
        "network.protocol.version": "1.1",
        "server.address": "localhost",
        "server.port": 80,
        "url.path": "/items/7",
        "url.query": "token=REDACTED",
        "url.scheme": "http",
    }


def test_an_exception_that_flask_turns_into_a_500_is_recorded() -> None:
    (span,) = served("/boom").spans
    assert (span.name, span.status, span.attributes["error.type"]) == ("GET /boom", "error", "ValueError")
    assert span.events[0][1]["exception.message"] == "no such thing"


def test_the_span_lasts_to_the_last_chunk() -> None:
    seen = served("/stream")
    server = seen.one("GET /stream")
    assert [chunk.parent_id for chunk in seen.named("chunk")] == [server.span_id] * 3
    assert seen.spans[-1] is server


def test_two_traceparents_joined_by_the_server_restart_the_trace() -> None:
    joined = f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01"
    (span,) = served("/items/7", traceparent=joined).spans
    assert (span.trace_id, span.parent_id) == (f"{1:032x}", None)


def test_explicit_and_automatic_instrumentation_make_one_span() -> None:
    app = flask_app()
    app.wsgi_app = spanwise.WSGIMiddleware(app.wsgi_app)  # type: ignore[method-assign]
    with capture() as seen:
        fetch("/items/7", spanwise.WSGIMiddleware(app))
    assert [span.name for span in seen.spans] == ["GET /items/<int:item_id>"]


def call(app: Any, environ: Environ | None = None) -> Iterable[bytes]:
    environ = environ or {}
    setup_testing_defaults(environ)
    body: Iterable[bytes] = spanwise.WSGIMiddleware(app)(environ, lambda *_args: lambda _data: None)
    return body


def test_lists_and_files_reach_the_server_as_they_are() -> None:
    body = [b"x"]
    file = FileWrapper(BytesIO(b"x"))
    with capture() as seen:
        assert call(lambda _environ, _start: body) is body
        assert call(lambda _environ, _start: file, {"wsgi.file_wrapper": FileWrapper}) is file
    assert len(seen.spans) == 2


def test_an_exception_in_the_body_is_recorded_and_raised() -> None:
    def app(_environ: Environ, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"x"
        raise KeyError("gone")

    with capture() as seen:
        body = call(app)
        with pytest.raises(KeyError, match="gone"):
            list(body)
        body.close()  # type: ignore[attr-defined]
    assert (seen.spans[0].status, seen.spans[0].attributes["error.type"]) == ("error", "KeyError")


@pytest.mark.parametrize("path", ["/items/7", "/boom", "/stream", "/nothing"])
def test_answers_are_the_same_with_and_without_the_tracer(path: str) -> None:
    untraced = fetch(path)
    with capture():
        assert fetch(path) == untraced


def test_excluded_paths_record_nothing() -> None:
    with capture(exclude="/items/*") as seen:
        fetch("/items/7")
        fetch("/stream")
    assert {span.name for span in seen.spans} == {"GET /stream", "chunk"}


def pyramid_app() -> Any:
    from pyramid.config import Configurator  # type: ignore[import-untyped]  # it has no types
    from pyramid.response import Response  # type: ignore[import-untyped]  # it has no types

    def item(request: Any) -> Any:
        return Response(request.matchdict["number"])

    def boom(_request: Any) -> Any:
        raise ValueError("no such thing")

    with Configurator() as config:
        for name, path, view in (("item", "/items/{number}", item), ("boom", "/boom", boom)):
            config.add_route(name, path)
            config.add_view(view, route_name=name)
        return config.make_wsgi_app()


# Pyramid imports what setuptools and Python are about to drop.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_pyramid_is_traced_by_route_and_raises_as_before() -> None:
    with capture() as seen:
        app = pyramid_app()
        assert fetch("/items/7", app)[::2] == (200, b"7")
        assert fetch("/nothing", app)[0] == 404
        with pytest.raises(ValueError, match="no such thing"):
            fetch("/boom", app)
    assert [(span.name, span.status, span.attributes.get("http.route")) for span in seen.spans] == [
        ("GET /items/{number}", "unset", "/items/{number}"),
        ("GET", "unset", None),
        ("GET /boom", "error", "/boom"),
    ]


def saying_ok(_environ: Environ, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", [])
    return [b"ok"]


@pytest.mark.parametrize("host", ["shop:\xb2", "shop:" + "9" * 5000, "shop:٣"])
def test_a_host_whose_port_is_no_number_hides_no_request(host: str) -> None:
    """`²` is a digit to Python and no number: any caller could keep his requests out of all traces."""
    assert host_and_port(host, "http") == (host, 80)
    with capture() as seen:
        environ: Environ = {"HTTP_HOST": host}
        setup_testing_defaults(environ)
        assert list(WSGIMiddleware(saying_ok)(environ, lambda *_: lambda _body: None)) == [b"ok"]
    assert [span.attributes["server.address"] for span in seen.spans] == [host]


def test_an_exception_that_is_raised_again_is_logged_in_the_trace_that_it_left_last() -> None:
    shared = ValueError("one object for all")

    def failing(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
        raise shared

    with capture() as seen:
        for _ in range(2):
            environ: Environ = {}
            setup_testing_defaults(environ)
            with pytest.raises(ValueError, match="one object"):
                WSGIMiddleware(failing)(environ, lambda *_: lambda _body: None)
            logging.getLogger("till").critical("failed", exc_info=shared)
    spans = [int(span.trace_id, 16) for span in seen.spans]
    assert ([record.trace_id for record in seen.records], len(set(spans))) == (spans, 2)
