"""A Flask application and its test suite."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, g, got_request_exception, jsonify, redirect, request, session
from flask import stream_with_context as with_context
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tests.tracer.suites import transcript

log = logging.getLogger("app")
shop = Blueprint("shop", __name__, url_prefix="/shop")
order: list[str] = []


class OutOfStock(Exception):
    """A failure that the application answers itself."""


@shop.get("/items/<int:number>")
def item(number: int) -> Any:
    log.warning("item %d of %s", number, g.tenant)
    return jsonify(number=number, tenant=g.tenant)


@shop.get("/numbers")
def numbers() -> Response:
    def body() -> Iterator[str]:
        for number in range(3):
            yield f"{number} of {request.args.get('of', 'all')}\n"

    return Response(with_context(body()), mimetype="text/csv")


@shop.get("/breaking")
def breaking() -> Response:
    def body() -> Iterator[str]:
        yield "first"
        raise ConnectionError("the source is gone")

    return Response(body())


@shop.post("/echo")
def echo() -> Any:
    return jsonify(form=dict(request.form), files=sorted(request.files), json=request.get_json(silent=True))


@shop.get("/raising")
def raising() -> Any:
    try:
        raise KeyError("inner")
    except KeyError as error:
        error.add_note("a note")
        raise ValueError("outer") from error


@shop.get("/sold-out")
def sold_out() -> Any:
    raise OutOfStock("no more")


@shop.get("/count")
def count() -> Any:
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@shop.get("/away")
def away() -> Any:
    return redirect("/shop/numbers")


@shop.get("/forbidden")
def forbidden() -> Any:
    abort(403, "not you")


@shop.errorhandler(OutOfStock)
def answer_sold_out(error: OutOfStock) -> Any:
    transcript.exception("handler", error)
    return jsonify(sold_out=str(error)), 409


def application(**settings: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="a secret of the suite", **settings)
    app.register_blueprint(shop)

    @app.before_request
    def before() -> None:
        g.tenant = request.headers.get("X-Tenant", "none")
        order.append("before")

    @app.after_request
    def after(response: Response) -> Response:
        order.append("after")
        response.headers.add("X-Own", "1")
        response.headers.add("X-Own", "2")
        return response

    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        order.append(f"teardown {error!r}")

    @app.errorhandler(404)
    def nothing(error: HTTPException) -> Any:
        return f"nothing at {request.path}: {error.code}", 404

    @app.cli.command("hello")
    def hello() -> None:
        print("hello")

    return app


REQUESTS = [
    ("GET", "/shop/items/7", {"headers": {"X-Tenant": "blue"}}),
    ("HEAD", "/shop/items/7", {}),
    ("GET", "/shop/items/seven", {}),
    ("DELETE", "/shop/items/7", {}),
    ("GET", "/shop/numbers?of=these", {}),
    ("GET", "/shop/away", {}),
    ("GET", "/shop/sold-out", {}),
    ("GET", "/shop/forbidden", {}),
    ("POST", "/shop/echo", {"data": {"a": "1"}}),
    ("POST", "/shop/echo", {"json": {"a": [1, None]}}),
    ("OPTIONS", "/shop/echo", {}),
    ("GET", "/shop/raising", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_an_answer(method: str, path: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    order.clear()
    found = application().test_client().open(path, method=method, **options)
    transcript.answer(f"{method} {path}", found.status_code, list(found.headers), found.get_data())
    transcript.write("order", order)
    transcript.write("logged", [(each.name, each.levelname, each.getMessage()) for each in caplog.records])


@pytest.mark.parametrize("path", ["/shop/raising", "/shop/breaking"])
def test_an_exception_reaches_the_server(path: str) -> None:
    with pytest.raises((ValueError, ConnectionError)) as raised:
        application(TESTING=True).test_client().get(path).get_data()
    transcript.exception(path, raised.value)


def test_a_signal_has_the_exception() -> None:
    app, seen = application(), list[BaseException]()

    def note(_sender: Flask, exception: BaseException, **_more: Any) -> None:
        seen.append(exception)

    with got_request_exception.connected_to(note, app):
        app.test_client().get("/shop/raising")
    transcript.exception("signal", seen[0])


def test_a_session_goes_on() -> None:
    client = application().test_client()
    transcript.write("count", [client.get("/shop/count").text for _ in range(3)])


def test_a_command() -> None:
    found = application().test_cli_runner().invoke(args=["hello"])
    transcript.write("command", found.exit_code, found.output)


def test_a_context_without_a_request() -> None:
    app = application()
    with app.test_request_context("/shop/items/7", method="POST"):
        transcript.write("context", request.endpoint, app.url_map.bind("").match("/shop/items/7"))
