"""For Django's `MIDDLEWARE`: `MIDDLEWARE = ["spanwise.django.Middleware", *MIDDLEWARE]`.

Under `spanwise run`, or after `spanwise.init`, Django is traced without it; with both there is one span still.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise import state
from spanwise.guard import swallowed
from spanwise.instrument.django import note_match, request_of
from spanwise.request import KEY, ServerRequest
from spanwise.wsgi import begin_wsgi


class Middleware:
    """One server span for each request, named by its URL pattern. Sync and async; idle before `spanwise.init`."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Serve one request."""
        span = self._begin(request)
        if span is None:
            return self._get_response(request)
        span.enter()
        try:
            response = self._get_response(request)
            span.status = response.status_code
        except BaseException as error:
            span.finish(error)
            raise
        finally:
            span.leave()
        note_match(span, getattr(request, "resolver_match", None))
        _finish_with(response, span)
        return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Note the exception that Django turns into an answer."""
        span = request_of(request)
        if span is not None:
            span.error = exception

    @staticmethod
    def _begin(request: Any) -> ServerRequest | None:
        active = state.active
        environ = request.META
        if active is None or KEY in environ or request_of(request) is not None:
            return None
        try:
            environ[KEY] = begin_wsgi(active, environ)
            return request_of(request)
        except Exception:
            swallowed("starting a server span")
            return None


def _finish_with(response: Any, span: ServerRequest) -> None:
    """End the span now, or with the last chunk of a streaming response, which Django closes."""
    if not getattr(response, "streaming", False):
        span.finish()
        return
    close = response.close

    def closing() -> None:
        try:
            close()
        finally:
            span.finish()

    response.close = closing
