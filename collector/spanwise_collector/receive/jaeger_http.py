"""Jaeger over HTTP: POST /api/traces, a batch in thrift."""

from fastapi import APIRouter
from starlette.routing import Route

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.http import Decoder, ProjectOf, SpanEndpoint, default_project
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.jaeger import decode_thrift
from spanwise_collector.settings import Settings

_TYPES = ("application/x-thrift", "application/vnd.apache.thrift.binary")


def router(intake: Intake, settings: Settings, project_of: ProjectOf = default_project) -> APIRouter:
    """The route on which Jaeger's own collector takes thrift; serve it on 14268 to stand in its place."""
    made = APIRouter()
    endpoint = SpanEndpoint(intake, settings, project_of, "jaeger_http", _decoder)
    made.routes.append(Route("/api/traces", endpoint, include_in_schema=False))
    return made


def _decoder(kind: str) -> Decoder:
    if kind not in _TYPES:
        raise BadData(f"Content-Type '{excerpt(kind)}' is not known here: use one of {', '.join(_TYPES)}.")
    return decode_thrift
