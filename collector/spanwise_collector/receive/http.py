"""What every protocol over HTTP shares: reading a body within its bounds, and the routes of simple receivers."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from spanwise_collector.errors import (
    BadData,
    BodyTimeout,
    BodyTooLarge,
    MethodNotAllowed,
    NotFound,
    Refused,
    SenderLeft,
    excerpt,
    wire_code,
)
from spanwise_collector.receive.body import Hold, inflate, read, weight_of_objects
from spanwise_collector.receive.check import check_foreign
from spanwise_collector.receive.intake import HEAVY_BYTES, Intake, Payload
from spanwise_collector.receive.slices import SLICE_BYTES
from spanwise_collector.receive.status import retry_seconds
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal

# Telemetry shrinks to about a tenth.
_HEAVY_COMPRESSED = HEAVY_BYTES // 8
_LIGHT_INFLATED = 4 * HEAVY_BYTES

ProjectOf = Callable[[Request], str]
Decoder = Callable[[bytes], Payload]
T = TypeVar("T")


def default_project(request: Request) -> str:
    return "default"


def media_type(connection: HTTPConnection) -> str:
    """The Content-Type without its parameters, lower-case; empty where there is none."""
    return connection.headers.get("content-type", "").partition(";")[0].strip().lower()


def content_encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "")


class Body:
    """A body that was read, with what is needed to inflate it elsewhere."""

    def __init__(self, raw: bytes, encoding: str, limit: int, hold: Hold) -> None:
        self._raw = raw
        self._encoding = encoding
        self._limit = limit
        self._hold = hold

    @property
    def heavy(self) -> bool:
        """Whether to leave the event loop for it."""
        if not self._encoding:
            return len(self._raw) > HEAVY_BYTES
        if len(self._raw) > _HEAVY_COMPRESSED:
            return True
        try:
            # 4 kB of zstd can be 64 MiB. What inflates to little is kept so: it is inflated once.
            self._raw = inflate(self._raw, self._encoding, min(self._limit, _LIGHT_INFLATED))
            self._encoding = ""
        except BodyTooLarge:
            return True
        except BadData:
            return False  # which the decoding says again
        return False

    def decoded(self, decode: Callable[[bytes], T], weight: int = 1) -> T:
        """Inflate and decode. `weight` tells how many bytes of memory a byte of the body may take meanwhile."""
        inflated = inflate(self._raw, self._encoding, self._limit)
        memory = weight * len(inflated)
        if weight > 1 and len(inflated) > SLICE_BYTES:
            memory = max(memory, weight_of_objects(inflated))
            self._hold.fit(memory)
        self._hold.grow(memory)
        return decode(inflated)


async def read_body(request: Request, settings: Settings, hold: Hold, encoding: str | None = None) -> Body:
    """Read a body within the limits of size, time and memory; raises Refused beyond them.

    `encoding` is for protocols whose bodies are compressed without saying so.
    """
    limit = settings.max_body_bytes
    try:
        raw = await read(
            request.stream(),
            length=request.headers.get("content-length"),
            limit=limit,
            deadline=settings.read_timeout,
            hold=hold,
        )
    except ClientDisconnect:
        raise SenderLeft("The sender closed the connection before its body was complete.") from None
    return Body(raw, content_encoding(request) if encoding is None else encoding, limit, hold)


def refusal_headers(refusal: Refused) -> dict[str, str]:
    """Retry-After and Allow where they belong, and the end of the connection where a body may still be coming."""
    headers = {}
    seconds = retry_seconds(refusal)
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    if isinstance(refusal, MethodNotAllowed):
        headers["Allow"] = refusal.allow
    if isinstance(refusal, BodyTooLarge | BodyTimeout):
        headers["Connection"] = "close"
    return headers


class NothingHere:
    """What a port that serves one protocol answers on any other path: 404, counted."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._intake.counters.refuse_unknown(NotFound.reason)
        sentence = f"Nothing is taken at {excerpt(scope['path'])} on this port."
        await PlainTextResponse(sentence, 404)(scope, receive, send)


class SpanEndpoint:
    """An ASGI app that takes spans in a format of others: 202 when they are safe, else a sentence in plain text.

    `decoder_of` gives the decoder for a Content-Type, or raises Refused. Formats that are decoded in Python weigh
    about eight bytes of memory a byte, and 20 µs of one core a span.
    """

    def __init__(
        self,
        intake: Intake,
        settings: Settings,
        project_of: ProjectOf,
        protocol: str,
        decoder_of: Callable[[str], Decoder],
    ) -> None:
        self._intake = intake
        self._settings = settings
        self._project_of = project_of
        self._protocol = protocol
        self._decoder_of = decoder_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response
        try:
            with self._intake.counting(Signal.TRACES, self._protocol):
                await self._take(Request(scope, receive))
            response = Response(status_code=202)
        except Refused as refusal:
            response = PlainTextResponse(refusal.message, wire_code(refusal).http, refusal_headers(refusal))
        await response(scope, receive, send)

    async def _take(self, request: Request) -> None:
        if request.method != "POST":
            raise MethodNotAllowed(request.method, "POST")
        decode = self._decoder_of(media_type(request))
        project = self._project_of(request)
        self._intake.admit(Signal.TRACES)
        with self._intake.budget.hold() as hold:
            body = await read_body(request, self._settings, hold)
            work = partial(body.decoded, partial(check_foreign, Signal.TRACES, decode), 8)
            await self._intake.accept(Signal.TRACES, project, work, protocol=self._protocol, heavy=body.heavy)
