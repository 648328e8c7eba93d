"""What each key opens, route by route, on the wire."""

from __future__ import annotations

import socket

import pytest
from fastapi.routing import iter_route_contexts
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs
from spanwise_collector.access.doors import door_of
from spanwise_collector.notebook.keys import Scope

from tests.collector.access.conftest import Guarded, make_key, revoke_key, soon
from tests.collector.inside import Inside

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
BAD_KEYS = ("unknown", "forged", "revoked", "x", "a b", "spw_", "\xe9")


def routes(collector: Inside) -> list[tuple[str, str]]:
    """Every method and path of the collector, with its parameters filled in."""
    found = set()
    for route in iter_route_contexts(collector.collector.asgi.routes):
        path = getattr(route, "path", "").replace("{path:path}", "page").replace("{rest:path}", "rest")
        path = path.replace("{trace_id}", "01" * 16).replace("{name:path}", "no.metric").replace("{view_id}", "1")
        path = path.replace("{key_id}", "12345678")
        found |= {(method, path) for method in getattr(route, "methods", None) or {"POST"}}
    return sorted(found)


def test_every_route_is_open_to_the_keys_that_its_door_names_and_to_no_other(
    collector: Inside, guarded: Guarded
) -> None:
    wrong = []
    for method, path in routes(collector):
        scope = door_of(path, method).scope
        for name in (None, "unknown", "revoked", *Scope):
            if (method, path) == ("DELETE", "/api/v1/session") or "{" in path:
                continue
            answer = guarded.begin(method, path, name)
            if scope is None:
                denied = False
            elif name not in set(Scope):
                denied = answer.status_code == 401
            else:
                denied = answer.status_code == 403
            # A backup is of all projects: for the admin of `default`, who is not among these.
            expected = scope is not None and (name not in (scope, Scope.ADMIN) or path == "/api/v1/admin/backup")
            if denied is not expected or (not expected and answer.status_code in (401, 403)):
                wrong.append((method, path, name, answer.status_code))
    assert wrong == []
    assert len(routes(collector)) > 25


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "/v1/unknown"])
@pytest.mark.parametrize("headers", [PROTOBUF, JSON], ids=["protobuf", "json"])
def test_case_56_otlp_says_in_its_own_encoding_that_a_key_is_missing_wrong_or_too_little(
    guarded: Guarded, path: str, headers: dict[str, str]
) -> None:
    found = []
    for name in (None, *BAD_KEYS, "read"):
        answer = guarded.ask("POST", path, name, content=b"", headers=headers)
        if headers is JSON:
            status = Status(code=answer.json()["code"], message=answer.json()["message"])
        else:
            status = Status.FromString(answer.content)
        assert answer.headers["Content-Type"] == headers["Content-Type"]
        assert answer.headers.get("WWW-Authenticate") == (
            'Bearer realm="spanwise"' if answer.status_code == 401 else None
        )
        assert guarded.keys.get(name or "", "spw_") not in answer.text
        found.append((answer.status_code, status.code))
    assert found == [(401, 16), *[(401, 7)] * len(BAD_KEYS), (403, 7)]


@pytest.mark.parametrize("path", ["/api/v2/spans", "/api/v1/spans", "/api/traces", "/v1/lines", "/loki/api/v1/push"])
def test_case_56_on_the_paths_of_zipkin_and_jaeger_in_plain_text(guarded: Guarded, path: str) -> None:
    found = [guarded.ask("POST", path, name, content=b"[]", headers=JSON) for name in (None, *BAD_KEYS, "read")]
    assert [answer.status_code for answer in found] == [401] * (1 + len(BAD_KEYS)) + [403]
    assert {answer.headers["Content-Type"] for answer in found} == {"text/plain; charset=utf-8"}
    assert found[0].text == "This needs a key with the scope ingest. Send it as the header `Authorization: Bearer KEY`."
    assert found[-1].text == "The key does not allow this: it lacks the scope ingest."


def test_case_56_on_the_api_in_its_own_form(guarded: Guarded) -> None:
    found = [guarded.ask("GET", "/api/v1/services", name) for name in (None, "unknown", "ingest")]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in found] == [
        (401, "unauthenticated"),
        (401, "unknown_key"),
        (403, "permission_denied"),
    ]


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Token x", "", "bearer x y"])
def test_a_header_that_holds_no_key_opens_nothing(guarded: Guarded, header: str) -> None:
    answer = guarded.service.client.get("/api/v1/services", headers={"Authorization": header})
    assert answer.status_code == 401


def test_two_keys_at_once_open_nothing(guarded: Guarded) -> None:
    headers = [("Authorization", f"Bearer {guarded.keys[name]}") for name in ("read", "admin")]
    assert guarded.service.client.get("/api/v1/services", headers=headers).status_code == 401


def test_a_key_is_only_taken_from_its_header(guarded: Guarded) -> None:
    key = guarded.keys["admin"]
    tries = (
        guarded.ask("GET", f"/api/v1/services?key={key}&access_token={key}"),
        guarded.ask("GET", "/api/v1/services", headers={"X-Spanwise-Key": key, "X-Scope-OrgID": "a"}),
        guarded.ask("GET", "/api/v1/services", headers={"Cookie": f"spanwise_session={key}"}),
    )
    assert [answer.status_code for answer in tries] == [401, 401, 401]


def raw(guarded: Guarded, target: str, key: str | None) -> int:
    """The status of a request line as it stands: clients tidy paths up before they send them."""
    host, _, port = guarded.service.http.partition(":")
    shown = f"Authorization: Bearer {guarded.keys[key]}\r\n" if key else ""
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{shown}\r\n"
        connection.sendall(request.encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1])


SPELLINGS = [
    "/api/v1/traces/../../etc",
    "/api/v1/traces/..%2f..%2fetc",
    "/api/v1/traces/%252e%252e%252fetc",
    "//api/v1/services",
    "/api//v1/services",
    "/API/v1/services",
    "/%61pi/v1/services",
    "/%2561pi/v1/services",
    "/x/../api/v1/services",
    "/assets/%2e%2e/api/v1/services",
    "/.//api/v1/services",
    "/api%2fv1%2fservices",
    "/api%5cv1%5cservices",
    "/healthz/../api/v1/services",
    "/metrics/",
    "//metrics",
]


@pytest.mark.parametrize("target", SPELLINGS)
def test_case_95_every_spelling_of_a_path_needs_the_key_of_the_path(guarded: Guarded, target: str) -> None:
    without, ingest, read = (raw(guarded, target, key) for key in (None, "ingest", "admin"))
    assert (without, ingest) == (401, 403)
    assert read in (200, 400, 404)
    if "//" in target or "API" in target or ".." in target or "%25" in target:
        assert read in (400, 404)


def test_a_key_made_or_revoked_beside_a_running_collector_counts_within_seconds(guarded: Guarded) -> None:
    key = make_key(guarded.data, Scope.READ, project="a")
    for _ in soon():
        if guarded.ask("GET", "/api/v1/services", key).status_code == 200:
            break
    assert guarded.ask("GET", "/api/v1/services", key).status_code == 200
    revoke_key(guarded.data, key)
    for _ in soon():
        if guarded.ask("GET", "/api/v1/services", key).status_code == 401:
            break
    assert guarded.ask("GET", "/api/v1/services", key).status_code == 401


def test_an_admin_makes_lists_and_revokes_keys_of_the_own_project_only(guarded: Guarded) -> None:
    made = guarded.ask("POST", "/api/v1/keys", "b", json={"scopes": ["read"], "name": "dashboard"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert guarded.ask("GET", "/api/v1/services", key).status_code == 200
    listed = guarded.ask("GET", "/api/v1/keys", "b")
    assert [each["name"] for each in listed.json()["keys"]] == ["", "dashboard"]
    assert {each["project"] for each in listed.json()["keys"]} == {"b"}
    assert key not in listed.text
    address = f"/api/v1/keys/{made.json()['id']}"
    assert guarded.ask("DELETE", address, "admin").status_code == 404
    assert guarded.ask("DELETE", address, "b").json()["revoked_unix_nano"] is not None
    assert guarded.ask("GET", "/api/v1/services", key).status_code == 401


def test_refusals_are_counted_where_people_look(guarded: Guarded) -> None:
    before = guarded.ask("GET", "/api/v1/status", "read").json()["refused"]
    guarded.ask("POST", "/v1/logs", content=b"", headers=PROTOBUF)
    guarded.ask("POST", "/v1/logs", "unknown", content=b"", headers=PROTOBUF)
    guarded.ask("POST", "/v1/logs", "read", content=b"", headers=PROTOBUF)
    after = guarded.ask("GET", "/api/v1/status", "read").json()["refused"]
    reasons = ("unauthenticated", "unknown_key", "permission_denied")
    assert [after[reason] - before.get(reason, 0) for reason in reasons] == [1, 1, 1]
    words = guarded.ask("GET", "/api/v1/health", "read").json()["sentences"]
    assert any("refused: unknown_key. The sender's key is wrong" in each for each in words)


def test_views_and_deploys_are_written_and_read(guarded: Guarded) -> None:
    view = guarded.ask("POST", "/api/v1/views", "b", json={"screen": "traces", "name": "slow", "query": "status=error"})
    assert view.status_code == 201
    assert guarded.ask("GET", "/api/v1/views", "b").json() == {"views": [view.json()]}
    assert guarded.ask("DELETE", f"/api/v1/views/{view.json()['id']}", "b").status_code == 204
    assert guarded.ask("GET", "/api/v1/views", "b").json() == {"views": []}
    deploy = {"service": "cart", "version": "1.2", "time": "2026-01-31T12:00:00Z", "note": "by hand"}
    made = guarded.ask("POST", "/api/v1/deploys", "b", json=deploy)
    assert made.json() == {
        "id": made.json()["id"],
        "service": "cart",
        "version": "1.2",
        "time_unix_nano": 1769860800 * 10**9,
        "note": "by hand",
    }
    found = guarded.ask("GET", "/api/v1/deploys?start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z", "b")
    assert found.json() == {"deploys": [made.json()]}


def test_who_may_read_may_copy_a_long_link_and_only_their_project_opens_it(guarded: Guarded) -> None:
    query = "fold=" + ",".join(f"{number:016x}" for number in range(300))
    kept = guarded.ask("POST", "/api/v1/links", "read", json={"query": query})
    assert kept.status_code == 201
    address = f"/api/v1/links/{kept.json()['hash']}"
    assert guarded.ask("GET", address, "read").json() == {"query": query}
    assert [guarded.ask("GET", address, key).status_code for key in (None, "ingest", "b")] == [401, 403, 404]
    assert guarded.ask("POST", "/api/v1/links", "ingest", json={"query": query}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/links", {"query": ""}),
        ("/api/v1/links", {"query": "x" * 16001}),
        ("/api/v1/links", {"query": "a\0b"}),
        ("/api/v1/views", {"screen": "nowhere", "name": "x", "query": ""}),
        ("/api/v1/views", {"screen": "traces", "name": "a\0b", "query": ""}),
        ("/api/v1/views", {"screen": "traces", "name": "", "query": ""}),
        ("/api/v1/views", {"screen": "traces", "name": "x", "query": "x" * 8001}),
        ("/api/v1/deploys", {"service": "a", "version": "1", "time": "soon"}),
        ("/api/v1/deploys", {"service": "a"}),
        ("/api/v1/keys", {"scopes": []}),
        ("/api/v1/keys", {"scopes": ["root"]}),
        ("/api/v1/session", {}),
    ],
)
def test_what_cannot_be_written_down_is_refused_in_words(guarded: Guarded, path: str, body: object) -> None:
    answer = guarded.ask("POST", path, "b", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]
