"""What goes wrong, as the API says it: one shape, a sentence, and the parameter that is to blame."""

import difflib
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from spanwise_collector.api.models import ErrorAnswer, ErrorDetail
from spanwise_collector.api.parameters import LogQuery, MetricQuery, TraceQuery
from spanwise_collector.errors import InvalidParameter, Refused, excerpt, wire_code

_KNOWN = sorted({*TraceQuery.model_fields, *LogQuery.model_fields, *MetricQuery.model_fields})


def install(app: FastAPI) -> None:
    """Answer every failure of the API in the shape of models.ErrorAnswer."""

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> JSONResponse:
        parameter = error.parameter if isinstance(error, InvalidParameter) else None
        headers = {} if error.delay is None else {"Retry-After": str(max(1, round(error.delay)))}
        return _answer(wire_code(error).http, error.reason, error.message, parameter, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        parameter, message = _sentence(error.errors()[0])
        return _answer(422, "invalid_parameter", message, parameter)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code = str(error.detail).lower().replace(" ", "_")
        message = f"{request.method} {excerpt(request.url.path)}: {error.detail}."
        return _answer(error.status_code, code, message, None, dict(error.headers or {}))


def _sentence(problem: dict[str, Any]) -> tuple[str, str]:
    parameter = excerpt(str(problem["loc"][1] if len(problem["loc"]) > 1 else problem["loc"][-1]), 60)
    if problem["type"] == "extra_forbidden":
        # A word that another request knows is no misspelling.
        near = [] if parameter in _KNOWN else difflib.get_close_matches(parameter, _KNOWN, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return parameter, f"`{parameter}` is not a parameter of this request.{hint}"
    given = excerpt(str(problem.get("input", "")), 40)
    return parameter, f"`{parameter}` is {given!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _answer(
    status: int, code: str, message: str, parameter: str | None, headers: dict[str, str] | None = None
) -> JSONResponse:
    detail = ErrorDetail(code=code, message=message, parameter=parameter)
    return JSONResponse(ErrorAnswer(error=detail).model_dump(exclude_none=True), status, headers)
