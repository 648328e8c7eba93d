"""Loki over HTTP: POST /loki/api/v1/push."""

from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Route

from spanwise_collector.errors import UnsupportedMediaType, excerpt
from spanwise_collector.receive.http import ProjectOf, default_project, media_type
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_http import Format, LogDecoder, LogEndpoint, reading_of
from spanwise_collector.receive.loki import Limits, decode_json, decode_proto
from spanwise_collector.settings import Settings

_PROTOBUF = "application/x-protobuf"


def router(intake: Intake, settings: Settings, project_of: ProjectOf = default_project) -> APIRouter:
    """The route on which Loki takes logs. Its header X-Scope-OrgID plays no part: a project comes from the key."""
    reading = reading_of(settings)
    limits = Limits(
        max_age=settings.loki_max_age,
        max_ahead=settings.loki_max_ahead,
        max_labels=settings.loki_max_labels,
        max_label_bytes=settings.loki_max_label_bytes,
        max_records=settings.max_log_records,
    )
    decoders: dict[str, LogDecoder] = {
        "application/json": partial(decode_json, reading=reading, limits=limits),
        _PROTOBUF: partial(decode_proto, reading=reading, limits=limits),
    }

    def format_of(request: Request) -> Format:
        kind = media_type(request) or _PROTOBUF
        if kind not in decoders:
            raise UnsupportedMediaType(
                f"Content-Type '{excerpt(kind)}' is not known here: use one of {', '.join(decoders)}."
            )
        # Protobuf is always one block of snappy, and most senders do not say so.
        unsaid = kind == _PROTOBUF and not request.headers.get("content-encoding")
        return Format(decoders[kind], "snappy" if unsaid else None)

    made = APIRouter()
    endpoint = LogEndpoint(intake, settings, project_of, "loki", format_of)
    made.routes.append(Route("/loki/api/v1/push", endpoint, include_in_schema=False))
    return made
