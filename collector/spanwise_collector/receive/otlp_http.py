"""OTLP over HTTP: POST /v1/traces, /v1/logs and /v1/metrics, in protobuf and JSON."""

from collections.abc import Callable, Sequence
from functools import partial

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from spanwise_collector.errors import (
    BodyTimeout,
    BodyTooLarge,
    MethodNotAllowed,
    NotFound,
    Refused,
    SenderLeft,
    UnsupportedMediaType,
    excerpt,
    wire_code,
)
from spanwise_collector.receive.body import Hold, inflate, read
from spanwise_collector.receive.intake import HEAVY_BYTES, Intake, Payload
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.receive.status import Encoding, failure, retry_seconds, success
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal

_PROTOCOLS = {Encoding.PROTOBUF: "otlp_http", Encoding.JSON: "otlp_http_json"}
_ENCODINGS = {encoding.value: encoding for encoding in Encoding}
_KNOWN_TYPES = ", ".join(_ENCODINGS)
# Telemetry shrinks to about a tenth.
_HEAVY_COMPRESSED = HEAVY_BYTES // 8
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Content-Encoding, Authorization",
    "Access-Control-Max-Age": "7200",
}

ProjectOf = Callable[[Request], str]


def default_project(request: Request) -> str:
    return "default"


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
    made.routes.append(Route("/v1/{rest:path}", _NothingHere(), include_in_schema=False))
    return made


class _Endpoint:
    """An ASGI app for one signal, so that every method and every failure gets OTLP's own answer."""

    def __init__(self, intake: Intake, settings: Settings, project_of: ProjectOf, signal: Signal) -> None:
        self._intake = intake
        self._settings = settings
        self._project_of = project_of
        self._signal = signal
        self._origins = {origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        origin = request.headers.get("origin")
        if request.method == "OPTIONS" and origin in self._origins:
            response = Response(status_code=204, headers=_PREFLIGHT)
        else:
            response = await self._answer(request)
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = str(origin)
            response.headers["Vary"] = "Origin"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        encoding = _ENCODINGS.get(_media_type(request))
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
                f"Content-Type '{excerpt(_media_type(request))}' is not known here: use one of {_KNOWN_TYPES}."
            )
        project = self._project_of(request)
        with self._intake.budget.hold() as hold:
            body = await self._read(request, hold)
            compressed = request.headers.get("content-encoding", "")
            accepted = await self._intake.accept(
                self._signal,
                project,
                partial(self._payload, body, compressed, encoding, hold),
                protocol=protocol,
                heavy=len(body) > (_HEAVY_COMPRESSED if compressed else HEAVY_BYTES),
            )
        return Response(success(self._signal, accepted, encoding), media_type=encoding)

    async def _read(self, request: Request, hold: Hold) -> bytes:
        try:
            return await read(
                request.stream(),
                length=request.headers.get("content-length"),
                limit=self._settings.max_body_bytes,
                deadline=self._settings.read_timeout,
                hold=hold,
            )
        except ClientDisconnect:
            raise SenderLeft("The sender closed the connection before its body was complete.") from None

    def _payload(self, body: bytes, compressed: str, encoding: Encoding, hold: Hold) -> Payload:
        inflated = inflate(body, compressed, self._settings.max_body_bytes)
        if inflated is not body:
            hold.grow(len(inflated))
        return inflated if encoding is Encoding.PROTOBUF else from_json(self._signal, inflated)


class _NothingHere:
    """What other paths below /v1/ answer: the web view's page must not look like success to an exporter."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        refusal = NotFound(f"{excerpt(request.url.path)} is no path of OTLP that is served here.")
        await refused(refusal, _ENCODINGS.get(_media_type(request), Encoding.JSON))(scope, receive, send)


def refused(refusal: Refused, encoding: Encoding) -> Response:
    """The answer to a refusal. The connection ends with it where the rest of a body may still be coming."""
    headers = {}
    seconds = retry_seconds(refusal)
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    if isinstance(refusal, MethodNotAllowed):
        headers["Allow"] = refusal.allow
    if isinstance(refusal, BodyTooLarge | BodyTimeout):
        headers["Connection"] = "close"
    return Response(failure(refusal, encoding), wire_code(refusal).http, headers, media_type=encoding)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
