"""Lines over HTTP: POST /v1/lines, one log record a line, each JSON, logfmt or any text."""

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Route

from spanwise_collector.errors import BadData, UnsupportedMediaType, excerpt
from spanwise_collector.receive.http import ProjectOf, default_project, media_type
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_batch import NO_MOMENT, Batch, Decoded, Moment, Record, fresh_key
from spanwise_collector.receive.log_fields import Reading, from_line
from spanwise_collector.receive.log_http import Format, LogEndpoint, reading_of, refuse_more_than, stored_in_words
from spanwise_collector.receive.log_time import time_of
from spanwise_collector.settings import Settings

_TEXT, _JSON_LINES = "text/plain", "application/x-ndjson"
_TYPES: Final = ("", _TEXT, _JSON_LINES, "application/jsonl", "application/json", "application/x-www-form-urlencoded")
_ATTRIBUTE: Final = re.compile(r"[A-Za-z_][\w.:/-]{0,127}", re.ASCII)
_MOST_ATTRIBUTES: Final = 32
# Nanoseconds as a record can have them.
_MOMENT: Final = re.compile(r"\d{1,18}-\d{1,18}|[1-8]\d{18}-[1-8]\d{18}", re.ASCII)
# What Docker's json-file driver writes, and `spanwise ship` for every container's log.
_DOCKER: Final = ({"log", "stream", "time"}, {"log", "stream", "time", "attrs"})


def router(intake: Intake, settings: Settings, project_of: ProjectOf = default_project) -> APIRouter:
    """The route that takes lines.

    `?service=` names the service, every other parameter is an attribute of the resource. The header `Idempotency-Key`
    names a request, so that it can be sent again; a request without it is taken as new. `Spanwise-After` is `last` of
    the answer to the request before it, of the same source: its lines are after those.
    """
    reading = reading_of(settings)

    def format_of(request: Request) -> Format:
        kind = media_type(request)
        if kind not in _TYPES:
            raise UnsupportedMediaType(
                f"Content-Type '{excerpt(kind)}' is not known here: use {_TEXT} or {_JSON_LINES}."
            )
        key = request.headers.get("idempotency-key", "").encode()
        resource, most = _resource(request), settings.max_log_records
        after = _after(request.headers.get("spanwise-after", ""))
        return Format(
            partial(decode, resource=resource, reading=reading, most=most, key=key or fresh_key(), after=after)
        )

    made = APIRouter()
    endpoint = LogEndpoint(intake, settings, project_of, "lines", format_of, stored_in_words)
    made.routes.append(Route("/v1/lines", endpoint, include_in_schema=False))
    return made


def _after(text: str) -> Moment:
    if not text:
        return NO_MOMENT
    if not _MOMENT.fullmatch(text):
        raise BadData(f"The header Spanwise-After is '{excerpt(text, 40)}': give `last` of an earlier answer, or none.")
    own, _, given = text.partition("-")
    return Moment(int(own), int(given))


def decode(
    body: bytes, resource: dict[str, str], reading: Reading, most: int, key: bytes, after: Moment = NO_MOMENT
) -> Decoded:
    """The records of the lines that are not empty. What is no UTF-8 becomes U+FFFD, since logs hold anything."""
    batch = Batch(after)
    for raw in body.split(b"\n"):
        line = raw.decode("utf-8", "replace").removeprefix("\ufeff").removesuffix("\r")
        if not line or line.isspace():
            continue
        refuse_more_than(most, batch.count + 1)
        batch.take(partial(_taken, line, resource, reading))
    return batch.decoded(key)


def _taken(line: str, resource: dict[str, str], reading: Reading) -> tuple[Iterable[tuple[str, str]], Record]:
    record, service = _record(line, reading)
    if service and "service.name" not in resource:
        return (("service.name", service), *resource.items()), record
    return resource.items(), record


def _record(line: str, reading: Reading) -> tuple[Record, str]:
    if line[0] == '"' and line[-1] == '"' and isinstance(text := _json(line), str):
        return from_line(text, reading)
    if line[0] == "{" and '"log"' in line and isinstance(found := _json(line), dict) and set(found) in _DOCKER:
        return _from_docker(found, reading)
    return from_line(line, reading)


def _from_docker(found: dict[str, Any], reading: Reading) -> tuple[Record, str]:
    record, service = from_line(str(found["log"]).removesuffix("\n").removesuffix("\r"), reading)
    record.time = record.time or time_of(found["time"])
    record.attributes["log.iostream"] = str(found["stream"])
    if isinstance(labels := found.get("attrs"), dict):
        record.attributes |= {str(name): value for name, value in labels.items()}
    return record, service


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _resource(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        attribute = "service.name" if name == "service" else name
        if not _ATTRIBUTE.fullmatch(attribute) or attribute in found or len(value) > 1024:
            raise BadData(f"The parameter '{excerpt(name, 40)}' is no name of an attribute, given twice, or too long.")
        if value:
            found[attribute] = value
    if len(found) > _MOST_ATTRIBUTES:
        raise BadData(f"The request has {len(found)} parameters; at most {_MOST_ATTRIBUTES} attributes can be given.")
    return found
