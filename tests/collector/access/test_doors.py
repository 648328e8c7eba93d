"""The one table of paths and scopes, against the routes that there are and the policy that is promised."""

from __future__ import annotations

import pytest
from fastapi.routing import iter_route_contexts
from spanwise_collector.access.doors import ELSE, WEB, canonical, door_of
from spanwise_collector.notebook.keys import Scope

from tests.collector.inside import Inside

PAGE = "/{path:path}"
POLICY = {
    "/v1/traces": Scope.INGEST,
    "/v1/anything": Scope.INGEST,
    "/api/v1/spans": Scope.READ,
    "/api/v2/spans": Scope.INGEST,
    "/api/traces": Scope.INGEST,
    "/loki/api/v1/push": Scope.INGEST,
    "/v1/lines": Scope.INGEST,
    "/api/v1/sampling": Scope.INGEST,
    "/api/v1/import": Scope.INGEST,
    "/api/v1/export": Scope.READ,
    "/api/v1/traces": Scope.READ,
    "/api/v1/health": Scope.READ,
    "/metrics": Scope.READ,
    "/api/v1/keys": Scope.ADMIN,
    "/api/v1/keys/12345678": Scope.ADMIN,
    "/api/v1/admin/delete": Scope.ADMIN,
    "/api/v3/anything": Scope.ADMIN,
    "/api": Scope.ADMIN,
    "/healthz": None,
    "/readyz": None,
    "/openapi.json": None,
    "/api/v1/session": None,
    "/": None,
    "/t/0123": None,
    "/v1x": None,
}


@pytest.mark.parametrize(("path", "scope"), POLICY.items(), ids=POLICY)
def test_a_path_asks_for_the_scope_that_is_promised(path: str, scope: Scope | None) -> None:
    assert door_of(path, "GET").scope is scope


def test_zipkin_sends_where_spans_are_searched() -> None:
    assert [door_of("/api/v1/spans", method).scope for method in ("POST", "GET", "HEAD")] == [
        Scope.INGEST,
        Scope.READ,
        Scope.READ,
    ]


def test_the_web_view_is_only_to_be_read() -> None:
    methods = ("GET", "HEAD", "POST", "DELETE", "PUT", "CONNECT")
    assert [door_of("/any/page", method) for method in methods] == [WEB, WEB, ELSE, ELSE, ELSE, ELSE]
    assert ELSE.scope is Scope.ADMIN


def test_every_route_has_a_row_of_its_own(collector: Inside) -> None:
    paths = {getattr(route, "path", "") for route in iter_route_contexts(collector.collector.asgi.routes)}
    assert len(paths) > 20
    assert sorted(path for path in paths - {PAGE} if door_of(path, "POST") is ELSE) == []


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/traces",
        "/api//v1/traces",
        "/%61pi/v1/traces",
        "/%2561pi/v1/traces",
        "/api/%2576%31/traces",
        "/x/../api/v1/traces",
        "/x/%2e%2e/api/v1/traces",
        "/x/%252e%252e/api/v1/traces",
        "/./api/v1/traces",
        "/API/V1/Traces",
        "/api\\v1\\traces",
        "/../../api/v1/traces",
        "/api/v1/traces/",
    ],
)
def test_case_95_other_spellings_of_a_path_are_seen_as_it(path: str) -> None:
    assert canonical(path) == "/api/v1/traces"


def test_a_path_that_is_encoded_again_and_again_costs_no_time() -> None:
    assert canonical("/%" + "25" * 30_000).startswith("/%25")
