"""Zipkin over HTTP: POST /api/v2/spans and /api/v1/spans."""

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter
from starlette.routing import Route

from spanwise_collector.errors import UnsupportedMediaType, excerpt
from spanwise_collector.receive.http import Decoder, ProjectOf, SpanEndpoint, default_project
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.zipkin_json import decode_v2
from spanwise_collector.receive.zipkin_proto import decode_proto
from spanwise_collector.receive.zipkin_v1 import decode_v1_json, decode_v1_thrift
from spanwise_collector.settings import Settings

_V2: Mapping[str, Decoder] = {
    "": decode_v2,
    "application/json": decode_v2,
    "application/x-protobuf": decode_proto,
    "application/protobuf": decode_proto,
}
_V1: Mapping[str, Decoder] = {
    "": decode_v1_json,
    "application/json": decode_v1_json,
    "application/x-thrift": decode_v1_thrift,
}


def router(intake: Intake, settings: Settings, project_of: ProjectOf = default_project) -> APIRouter:
    """The routes on which Zipkin's own server takes spans; serve them on 9411 as well to stand in its place."""
    made = APIRouter()
    for version, decoders in (("v2", _V2), ("v1", _V1)):
        endpoint = SpanEndpoint(intake, settings, project_of, f"zipkin_{version}", partial(_decoder, version, decoders))
        # GET /api/v1/spans is the list of spans of our own API.
        methods = ["POST"] if version == "v1" else None
        made.routes.append(Route(f"/api/{version}/spans", endpoint, methods=methods, include_in_schema=False))
    return made


def _decoder(version: str, decoders: Mapping[str, Decoder], kind: str) -> Decoder:
    if kind not in decoders:
        known = ", ".join(filter(None, decoders))
        hint = " Thrift goes to /api/v1/spans." if version == "v2" and kind == "application/x-thrift" else ""
        raise UnsupportedMediaType(f"Content-Type '{excerpt(kind)}' is not known here: use one of {known}.{hint}")
    return decoders[kind]
