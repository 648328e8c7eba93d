"""The WSGI middleware: one server span for each request, ended at the last byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from opentelemetry.context import attach, get_current

from spanwise import state
from spanwise.guard import swallowed
from spanwise.request import (
    KEY,
    ServerRequest,
    begin,
    excluded_context,
    host_and_port,
    is_excluded,
    redacted_query,
    response_headers,
)

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class WSGIMiddleware:
    """Wraps a WSGI application; wrapping it twice makes one span still. Idle before `spanwise.init`."""

    def __init__(self, app: WSGIApp) -> None:
        self.app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        return trace_wsgi(self.app, environ, start_response)


def trace_wsgi(app: WSGIApp, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Serve one request of an application, traced."""
    active = state.active
    if active is None or KEY in environ:
        return app(environ, start_response)
    if is_excluded(environ.get("PATH_INFO", ""), active.settings.exclude):
        environ[KEY] = None
        return _run_excluded(app, environ, start_response)
    try:
        request = begin_wsgi(active, environ)
    except Exception:
        swallowed("starting a server span")
        return app(environ, start_response)
    environ[KEY] = request

    extra = response_headers(active, request)

    def noting_start_response(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        if status[:3].isdigit():
            request.status = int(status[:3])
        return start_response(status, [*headers, *extra] if extra else headers, *exc_info)

    request.enter()
    try:
        body = app(environ, noting_start_response)
    except BaseException as error:
        request.finish(error)
        request.leave()
        raise
    return _finishing(body, request, environ)


def _run_excluded(app: WSGIApp, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    previous, context = get_current(), excluded_context()
    attach(context)
    try:
        return app(environ, start_response)
    finally:
        if get_current() is context:
            attach(previous)


def _finishing(body: Iterable[bytes], request: ServerRequest, environ: Environ) -> Iterable[bytes]:
    """The body, which ends the span when it is used up or closed.

    Bodies that are complete, and files that the server sends by itself, are handed on as they are: servers
    ask lists for their length and files for their descriptor.
    """
    file_wrapper = environ.get("wsgi.file_wrapper")
    if type(body) in (list, tuple) or (isinstance(file_wrapper, type) and isinstance(body, file_wrapper)):
        _route_of_environ(request, environ)
        request.finish()
        request.leave()
        return body
    return _Body(body, request, environ)


class _Body:
    """The same bytes. The span stays current up to `close`, so that access logs are part of it."""

    def __init__(self, body: Iterable[bytes], request: ServerRequest, environ: Environ) -> None:
        self._body = body
        self._environ = environ
        self._iterator: Iterator[bytes] | None = None
        self._request = request

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._body)
            return next(self._iterator)
        except StopIteration:
            _route_of_environ(self._request, self._environ)
            self._request.finish()
            raise
        except BaseException as error:
            self._request.error = error
            raise

    def close(self) -> None:
        """Close the application's body, then end the span."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._request.error = error
            raise
        finally:
            _route_of_environ(self._request, self._environ)
            self._request.finish()
            self._request.leave()


def _route_of_environ(request: ServerRequest, environ: Environ) -> None:
    """The route that Bottle leaves in the environ."""
    if request.route is None and (route := environ.get("bottle.route")) is not None:
        request.route = route.rule


def begin_wsgi(active: state.Active, environ: Environ) -> ServerRequest:
    """Start the server span of a WSGI environ."""
    fields = {}
    for name in active.propagator.names:
        value = environ.get("HTTP_" + name.upper().replace("-", "_"))
        if value is not None:
            fields[name] = [value]
    path = _decoded(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")) or "/"
    request = begin(active, fields, environ.get("REQUEST_METHOD", "GET"), path, environ.get("REMOTE_ADDR"))
    if request.span.is_recording():
        request.span.set_attributes(_attributes(environ))
    return request


def _attributes(environ: Environ) -> dict[str, Any]:
    """What is known of a request at its start; the method and the path are set already."""
    scheme = environ.get("wsgi.url_scheme", "http")
    protocol = environ.get("SERVER_PROTOCOL", "HTTP/1.1")
    attributes: dict[str, Any] = {
        "url.scheme": scheme,
        "network.protocol.version": protocol.partition("/")[2] or "1.1",
    }
    if query := environ.get("QUERY_STRING"):
        attributes["url.query"] = redacted_query(query)
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME")
    if host:
        name, port = host_and_port(host, scheme)
        attributes["server.address"] = name
        if port is not None:
            attributes["server.port"] = port
    if agent := environ.get("HTTP_USER_AGENT"):
        attributes["user_agent.original"] = agent[:512]
    return attributes


def _decoded(path: str) -> str:
    """WSGI gives the bytes of the path as latin-1."""
    return path.encode("latin-1", "replace").decode("utf-8", "replace")
