"""What the receivers of logs over HTTP share: of a request some records may be refused while others are stored."""

import json
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from spanwise_collector.errors import BadData, BodyTooLarge, MethodNotAllowed, Refused, wire_code
from spanwise_collector.receive.check import check_foreign
from spanwise_collector.receive.http import ProjectOf, read_body, refusal_headers
from spanwise_collector.receive.intake import Accepted, Intake
from spanwise_collector.receive.log_batch import Decoded, Moment
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.settings import Settings, zone_of
from spanwise_collector.spool import Signal

# Bytes of memory that a byte of a body may take while it is decoded.
_WEIGHT = 8


LogDecoder = Callable[[bytes], Decoded]


class Format(NamedTuple):
    """How a request is written; `encoding` stands in for its Content-Encoding where that may be left out."""

    decode: LogDecoder
    encoding: str | None = None


def reading_of(settings: Settings) -> Reading:
    """How the settings want records of logs to be read."""
    return Reading(zone_of(settings.log_zone), settings.max_log_bytes)


def refuse_more_than(limit: int, records: int) -> None:
    """Raises BodyTooLarge where a request has more records than `max_log_records`."""
    if records > limit:
        raise BodyTooLarge(f"The request has more than {limit} records, which is max_log_records: send it in parts.")


def stored_in_words(accepted: Accepted, last: Moment) -> Response:
    """200 with the number of records that are stored, or were stored before, and what may be said of the last of them
    with the next request."""
    found = {"accepted": accepted.accepted, "repeated": accepted.repeated, "last": f"{last.own}-{last.given}"}
    return Response(json.dumps(found), media_type="application/json")


def no_content(accepted: Accepted, last: Moment) -> Response:
    return Response(status_code=204)


class LogEndpoint:
    """An ASGI app that takes log records in a format of others, else answers with a sentence in plain text.

    `format_of` tells how a request is written, or raises Refused. Where some records are refused the answer is 400 and
    says so, and the others are stored.
    """

    def __init__(
        self,
        intake: Intake,
        settings: Settings,
        project_of: ProjectOf,
        protocol: str,
        format_of: Callable[[Request], Format],
        answer: Callable[[Accepted, Moment], Response] = no_content,
    ) -> None:
        self._intake = intake
        self._settings = settings
        self._project_of = project_of
        self._protocol = protocol
        self._format_of = format_of
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response
        try:
            with self._intake.counting(Signal.LOGS, self._protocol):
                response = self._answer(*await self._take(Request(scope, receive)))
        except Refused as refusal:
            response = PlainTextResponse(refusal.message, wire_code(refusal).http, refusal_headers(refusal))
        await response(scope, receive, send)

    async def _take(self, request: Request) -> tuple[Accepted, Moment]:
        if request.method != "POST":
            raise MethodNotAllowed(request.method, "POST")
        decode, encoding = self._format_of(request)
        project = self._project_of(request)
        refused: list[tuple[int, str, Moment]] = []
        with self._intake.budget.hold() as hold:
            body = await read_body(request, self._settings, hold, encoding)

            def read(inflated: bytes) -> ExportLogsServiceRequest:
                found = decode(inflated)
                refused.append((found.rejected, found.message, found.last))
                return found.request

            work = partial(body.decoded, partial(check_foreign, Signal.LOGS, read), _WEIGHT)

            accepted = await self._intake.accept(Signal.LOGS, project, work, protocol=self._protocol, heavy=body.heavy)
        [(rejected, message, last)] = refused
        if rejected:
            self._intake.counters.rejected[Signal.LOGS, self._protocol] += rejected
            stored = f"the other {accepted.accepted} are stored" if accepted.accepted else "nothing of it is stored"
            raise BadData(f"{rejected} records were refused, {stored}. {message}")
        return accepted, last
