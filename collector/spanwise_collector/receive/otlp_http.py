"""OTLP over HTTP: POST /v1/traces, /v1/logs and /v1/metrics, in protobuf and JSON."""

from collections.abc import Callable, Sequence
from functools import partial

from fastapi import APIRouter
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from spanwise_collector.errors import MethodNotAllowed, NotFound, Refused, UnsupportedMediaType, excerpt, wire_code
from spanwise_collector.receive.check import check_foreign
from spanwise_collector.receive.http import ProjectOf, default_project, media_type, read_body, refusal_headers
from spanwise_collector.receive.intake import UNKNOWN, Intake, Made
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.receive.status import Encoding, failure, success
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal

_PROTOCOLS = {Encoding.PROTOBUF: "otlp_http", Encoding.JSON: "otlp_http_json"}
_ENCODINGS = {encoding.value: encoding for encoding in Encoding}
_KNOWN_TYPES = ", ".join(_ENCODINGS)
# Bytes of memory that a byte of JSON may take while it is read.
_JSON_WEIGHT = 8
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Content-Encoding, Authorization",
    "Access-Control-Max-Age": "7200",
}


def router(
    intake: Intake,
    settings: Settings,
    project_of: ProjectOf = default_project,
    signals: Sequence[Signal] = (Signal.TRACES, Signal.LOGS),
) -> APIRouter:
    """The routes of OTLP/HTTP. `project_of` names the project of a request, or raises Refused.

    `signals` are those that the store can take; the others answer 404, which OTLP clients report and do not repeat.
    """
    made = APIRouter()
    for signal in signals:
        endpoint = _Endpoint(intake, settings, project_of, signal)
        made.routes.append(Route(f"/v1/{signal}", endpoint, include_in_schema=False))
    made.routes.append(Route("/v1/{rest:path}", _NothingHere(intake), include_in_schema=False))
    return made


class _Endpoint:
    """An ASGI app for one signal, so that every method and every failure gets OTLP's own answer."""

    def __init__(self, intake: Intake, settings: Settings, project_of: ProjectOf, signal: Signal) -> None:
        self._intake = intake
        self._settings = settings
        self._project_of = project_of
        self._signal = signal
        self._origins = settings.page_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        origin = request.headers.get("origin")
        if request.method == "OPTIONS" and origin in self._origins:
            response = Response(status_code=204, headers=_PREFLIGHT)
        else:
            response = await self._answer(request)
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = str(origin)
        if self._origins:
            # Of every answer: what a cache has for one origin is not for another.
            response.headers["Vary"] = "Origin"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        encoding = _ENCODINGS.get(media_type(request))
        protocol = _PROTOCOLS[encoding or Encoding.PROTOBUF]
        try:
            with self._intake.counting(self._signal, protocol):
                return await self._export(request, encoding, protocol)
        except Refused as refusal:
            return refused(refusal, encoding or Encoding.JSON)

    async def _export(self, request: Request, encoding: Encoding | None, protocol: str) -> Response:
        if request.method != "POST":
            raise MethodNotAllowed(request.method, "POST")
        if encoding is None:
            raise UnsupportedMediaType(
                f"Content-Type '{excerpt(media_type(request))}' is not known here: use one of {_KNOWN_TYPES}."
            )
        project = self._project_of(request)
        self._intake.admit(self._signal)
        with self._intake.budget.hold() as hold:
            body = await read_body(request, self._settings, hold)
            if encoding is Encoding.JSON:
                decode = partial(check_foreign, self._signal, partial(from_json, self._signal))
                work: Callable[[], Made] = partial(body.decoded, decode, _JSON_WEIGHT)
            else:
                work = partial(body.decoded, _as_it_is)
            accepted = await self._intake.accept(self._signal, project, work, protocol=protocol, heavy=body.heavy)
        return Response(success(self._signal, accepted, encoding), media_type=encoding)


def _as_it_is(body: bytes) -> bytes:
    return body


class _NothingHere:
    """What other paths below /v1/ answer: the web view's page must not look like success to an exporter."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        encoding = encoding_of(request)
        try:
            with self._intake.counting(UNKNOWN, _PROTOCOLS[encoding]):
                raise NotFound(f"{excerpt(request.url.path)} is no path of OTLP that is served here.")
        except NotFound as refusal:
            await refused(refusal, encoding)(scope, receive, send)


def encoding_of(connection: HTTPConnection) -> Encoding:
    """How to answer a request: as it is written itself, or in JSON where that is not known."""
    return _ENCODINGS.get(media_type(connection), Encoding.JSON)


def refused(refusal: Refused, encoding: Encoding) -> Response:
    """The answer to a refusal, as OTLP wants it."""
    content = failure(refusal, encoding)
    return Response(content, wire_code(refusal).http, refusal_headers(refusal), media_type=encoding)
