"""What goes wrong, as the API says it: one shape, a sentence, and the parameter that is to blame."""

import difflib
import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise_collector.api.columns import MatchQuery
from spanwise_collector.api.export import ExportQuery
from spanwise_collector.api.facets import FacetQuery
from spanwise_collector.api.histogram import HistogramQuery
from spanwise_collector.api.models import ErrorAnswer, ErrorDetail
from spanwise_collector.api.parameters import LogQuery, MetricQuery, SpanQuery, TraceQuery
from spanwise_collector.api.refusals import detail_of
from spanwise_collector.api.services import MapQuery, OperationQuery, PageQuery
from spanwise_collector.api.suggest import SuggestQuery
from spanwise_collector.errors import NotFound, Refused, excerpt, wire_code

_log = logging.getLogger(__name__)
_KEY_SHOWN = "/api/v1/session"
_QUERIES = (
    TraceQuery,
    LogQuery,
    MetricQuery,
    SpanQuery,
    FacetQuery,
    HistogramQuery,
    MapQuery,
    PageQuery,
    OperationQuery,
    SuggestQuery,
    ExportQuery,
    MatchQuery,
)
_KNOWN = sorted({name for query in _QUERIES for name in query.model_fields})


def install(app: FastAPI, unknown: Callable[[str], object]) -> None:
    """Answer every failure of the API in the shape of models.ErrorAnswer; `unknown` is told of paths that are none."""
    app.add_middleware(Faults)

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> JSONResponse:
        return answer(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # What stands in place of a key may be one: it is not quoted.
        parameter, message = _sentence(error.errors()[0], quoted=request.url.path != _KEY_SHOWN)
        return _answer(422, ErrorDetail(code="invalid_parameter", message=message, parameter=parameter))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.NOT_FOUND:
            unknown(NotFound.reason)
        code = {400: "bad_data", 404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
        message = f"{request.method} {excerpt(request.url.path)}: {error.detail}."
        return _answer(error.status_code, ErrorDetail(code=code, message=message), dict(error.headers or {}))


class Faults:
    """Answers a fault of our own with 500 and a reference; the traceback is in the log under it, and nowhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("Fault %s of our own in %s %s", reference, scope.get("method"), excerpt(scope["path"]))
            if not begun:
                message = f"The collector met a fault of its own; its log tells more under {reference}."
                detail = ErrorDetail(code="internal_error", message=message, reference=reference)
                await _answer(500, detail)(scope, receive, send)


def answer(refusal: Refused) -> JSONResponse:
    """A refusal in the API's shape."""
    headers = {} if refusal.delay is None else {"Retry-After": str(max(1, round(refusal.delay)))}
    return _answer(wire_code(refusal).http, detail_of(refusal), headers)


def _sentence(problem: dict[str, Any], *, quoted: bool) -> tuple[str, str]:
    parameter = excerpt(str(problem["loc"][1] if len(problem["loc"]) > 1 else problem["loc"][-1]), 60)
    if problem["type"] == "extra_forbidden":
        # A word that another request knows is no misspelling.
        near = [] if parameter in _KNOWN else difflib.get_close_matches(parameter, _KNOWN, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return parameter, f"`{parameter}` is not a parameter of this request.{hint}"
    given = f" is {excerpt(str(problem.get('input', '')), 40)!r}" if quoted else ""
    return parameter, f"`{parameter}`{given}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _answer(status: int, detail: ErrorDetail, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(ErrorAnswer(error=detail).model_dump(exclude_none=True), status, headers)
