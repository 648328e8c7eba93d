"""Sessions of browsers: how long a cookie opens, for whom, from which page and under which name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from spanwise_collector.access import Keyring, Sessions
from spanwise_collector.access.sessions import COOKIE
from spanwise_collector.errors import PermissionDenied, UnknownKey
from spanwise_collector.notebook import Notebook, keys
from spanwise_collector.notebook.keys import Scope

from tests.collector.access.conftest import Guarded, make_key, revoke_key, soon

SECONDS = 12 * 3600
CLOSED = {"required": True, "open": False, "project": None, "scopes": None}
SITE = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Content-Type": "application/json"}
Opener = Callable[[str], httpx.Client]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    with closing(Notebook.open(tmp_path)) as made:
        yield made


def test_a_session_ends_at_its_time_and_with_its_key(notebook: Notebook) -> None:
    record, key = keys.create(notebook, frozenset({Scope.READ}), "a", actor="terminal")
    keyring, clock = Keyring(notebook, reached_by_others=False, insecure=False), Clock()
    sessions = Sessions(keyring, SECONDS, clock)
    cookie, grant = sessions.open(key)
    assert (grant.project, grant.scopes, grant.actor) == ("a", frozenset({Scope.READ}), f"key {record.id}")
    clock.now = SECONDS - 1
    assert sessions.grant(cookie) == grant
    clock.now = SECONDS
    assert sessions.grant(cookie) is None
    clock.now = 0
    # What has ended stays so, whatever the clock says.
    assert sessions.grant(cookie) is None
    cookie, _ = sessions.open(key)
    keys.revoke(notebook, record.id, actor="terminal")
    keyring.refresh()
    assert sessions.grant(cookie) is None
    with pytest.raises(UnknownKey):
        sessions.open(key)


def test_a_cookie_is_as_secret_as_a_key_and_the_oldest_gives_way(notebook: Notebook) -> None:
    _, key = keys.create(notebook, frozenset({Scope.READ}), actor="terminal")
    _, sender = keys.create(notebook, frozenset({Scope.INGEST}), actor="terminal")
    sessions = Sessions(Keyring(notebook, reached_by_others=False, insecure=False), SECONDS, Clock())
    first, _ = sessions.open(key)
    cookies = {sessions.open(key)[0] for _ in range(9_999)}
    assert len(cookies) == 9_999
    assert sessions.grant(first) is not None
    sessions.open(key)
    assert sessions.grant(first) is None
    kept = repr(vars(sessions))
    assert [each for each in [key, *cookies] if each in kept] == []
    with pytest.raises(PermissionDenied, match="only sends"):
        sessions.open(sender)


@pytest.fixture
def browser(guarded: Guarded) -> Iterator[Opener]:
    """Opens a session with the key of that name; the client keeps its cookie to itself."""
    made: list[httpx.Client] = []

    def opened(key: str) -> httpx.Client:
        client = httpx.Client(base_url=f"http://{guarded.service.http}", timeout=60, trust_env=False)
        made.append(client)
        answer = client.post("/api/v1/session", json={"key": guarded.keys.get(key, key)}, headers=SITE)
        assert answer.status_code == 200, answer.text
        return client

    yield opened
    for client in made:
        client.close()


@pytest.mark.parametrize(("scheme", "secure"), [("http", ""), ("https", "; Secure")])
def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(guarded: Guarded, scheme: str, secure: str) -> None:
    headers = {"X-Forwarded-Proto": scheme, **SITE}
    with httpx.Client(base_url=f"http://{guarded.service.http}", trust_env=False) as client:
        answer = client.post("/api/v1/session", json={"key": guarded.keys["read"]}, headers=headers)
    expected = rf"{COOKIE}=[A-Za-z0-9_-]{{43}}; HttpOnly; Max-Age={SECONDS}; Path=/; SameSite=strict{secure}"
    assert re.fullmatch(expected, answer.headers["Set-Cookie"])
    assert answer.json() == {"required": True, "open": True, "project": "a", "scopes": ["read"]}
    assert guarded.keys["read"] not in f"{answer.headers}{answer.text}"


@pytest.mark.parametrize("key", ["unknown", "forged", "revoked", "ingest"])
def test_what_does_not_read_opens_no_session(guarded: Guarded, key: str) -> None:
    answer = guarded.ask("POST", "/api/v1/session", json={"key": guarded.keys[key]}, headers=SITE)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403 if key == "ingest" else 401, False)
    assert guarded.keys[key] not in answer.text


def test_after_logging_out_the_cookie_opens_nothing_even_if_it_was_copied(browser: Opener) -> None:
    client = browser("read")
    copied = dict(client.cookies)
    assert client.get("/api/v1/services").status_code == 200
    answer = client.delete("/api/v1/session", headers=SITE)
    assert (answer.status_code, answer.json()) == (200, CLOSED)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert dict(client.cookies) == {}
    copy = {"Cookie": f"{COOKIE}={copied[COOKIE]}"}
    assert client.get("/api/v1/services", headers=copy).status_code == 401
    assert client.get("/api/v1/session", headers=copy).json() == CLOSED
    assert client.delete("/api/v1/session", headers=SITE).status_code == 200


def test_a_revoked_key_ends_its_sessions_and_no_others(guarded: Guarded, browser: Opener) -> None:
    key = make_key(guarded.data, Scope.READ, project="a")
    for _ in soon():
        if guarded.ask("GET", "/api/v1/services", key).status_code == 200:
            break
    ended, other = browser(key), browser("read")
    revoke_key(guarded.data, key)
    for _ in soon():
        if ended.get("/api/v1/services").status_code == 401:
            break
    assert [client.get("/api/v1/services").status_code for client in (ended, other)] == [401, 200]


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    # A browser says where a change comes from; what carries a cookie and does not say it is no browser's.
    {},
]
VIEW = {"screen": "traces", "name": "by a foreign page", "query": ""}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_changes_nothing(guarded: Guarded, browser: Opener, headers: dict[str, str]) -> None:
    client = browser("sender")
    before = guarded.ask("GET", "/api/v1/views", "read").json()
    tries = [
        client.post("/api/v1/views", json=VIEW, headers=headers),
        client.delete("/api/v1/session", headers=headers),
        client.post("/api/v1/session", json={"key": guarded.keys["b"]}, headers=headers),
        client.post("/v1/logs", content=b"", headers={"Content-Type": "application/x-protobuf", **headers}),
    ]
    assert [answer.status_code for answer in tries] == [403] * 4
    assert guarded.ask("GET", "/api/v1/views", "read").json() == before
    assert client.get("/api/v1/session").json()["project"] == "a"


def test_a_page_of_this_collector_may_change_things(guarded: Guarded, browser: Opener) -> None:
    for headers in (SITE, {"Origin": f"http://{guarded.service.http}"}):
        client = browser("b")
        made = client.post("/api/v1/views", json={**VIEW, "name": "own"}, headers=headers)
        assert made.status_code == 201
        assert client.delete(f"/api/v1/views/{made.json()['id']}", headers=headers).status_code == 204
        assert client.delete("/api/v1/session", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4318", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example", ""]
)
def test_a_name_that_was_bound_anew_opens_nothing(browser: Opener, guarded: Guarded, host: str) -> None:
    client, foreign = browser("read"), {"Host": host, **SITE}
    tries = [
        client.get("/api/v1/services", headers=foreign),
        client.get("/api/v1/session", headers=foreign),
        client.post("/api/v1/session", json={"key": guarded.keys["read"]}, headers=foreign),
        client.get("/", headers=foreign),
    ]
    assert [answer.status_code for answer in tries] == [403] * 4
    assert "--allowed-hosts" in tries[0].json()["error"]["message"]
    # The health of a container is asked under its own name.
    assert client.get("/healthz", headers=foreign).status_code == 200


def test_a_session_sees_and_changes_its_own_project_only(guarded: Guarded, browser: Opener) -> None:
    mine, theirs = browser("admin"), browser("b")
    view = mine.post("/api/v1/views", json={**VIEW, "name": "of a"}, headers=SITE).json()
    assert view in mine.get("/api/v1/views").json()["views"]
    assert view not in theirs.get("/api/v1/views").json()["views"]
    assert theirs.delete(f"/api/v1/views/{view['id']}", headers=SITE).status_code == 404
    assert {each["project"] for each in theirs.get("/api/v1/keys").json()["keys"]} == {"b"}
    assert {each["project"] for each in mine.get("/api/v1/keys").json()["keys"]} == {"a"}
    # A header with a key of its own counts before the cookie.
    other = {"Authorization": f"Bearer {guarded.keys['b']}"}
    assert view not in mine.get("/api/v1/views", headers=other).json()["views"]
    assert mine.delete(f"/api/v1/views/{view['id']}", headers=SITE).status_code == 204


def test_a_tail_ends_when_its_key_is_revoked(guarded: Guarded) -> None:
    """An answer without an end, which nobody asks for again: what it was let in with has to be looked at again."""
    key = make_key(guarded.data, Scope.READ, project="a")
    await_status(guarded, key, 200)
    headers = {"Authorization": f"Bearer {key}"}
    with guarded.service.client.stream("GET", "/api/v1/tail?of=logs", headers=headers) as answer:
        chunks = answer.iter_bytes()
        assert (answer.status_code, next(chunks)[:4]) == (200, b"id: ")
        revoke_key(guarded.data, key)
        await_status(guarded, key, 401)
        said = guarded.ask("POST", "/v1/lines", "ingest", content="for nobody", headers={"Content-Type": "text/plain"})
        assert said.status_code == 200
        assert b"for nobody" not in b"".join(chunks)


def await_status(guarded: Guarded, key: str, status: int) -> None:
    for _ in soon():
        if guarded.ask("GET", "/api/v1/services", key).status_code == status:
            return
    raise AssertionError(f"never {status}")


def test_a_key_that_no_text_can_be_is_unknown_and_no_fault(guarded: Guarded) -> None:
    answer = guarded.ask("POST", "/api/v1/session", content=b'{"key": "\\ud800"}', headers=JSON | SITE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unknown_key")
