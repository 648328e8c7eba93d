"""When a collector starts, for whom, and what it tells of keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from spanwise_collector.entrance import entrance
from spanwise_collector.errors import SettingError
from spanwise_collector.notebook.keys import Scope
from spanwise_collector.settings import Settings

from tests.collector.access.conftest import make_key, revoke_key
from tests.collector.process import process, refused

SENTENCE = (
    "spanwise up: --{name} (SPANWISE_{upper}, {name} in spanwise.toml): 0.0.0.0:0 can be reached from other machines,"
    " and there is no key yet. Make one first: spanwise keys create --scope admin --data {data}. Or listen on a"
    " loopback address such as 127.0.0.1, or add --insecure to let everybody in.\n"
)


STARTS = {
    # Beyond this machine: whether other machines reach it, its keys, --insecure; and what comes of it.
    ("out", "none", ""): "refused",
    ("out", "revoked", ""): "refused",
    ("out", "live", ""): "required",
    ("out", "none", "--insecure"): "open",
    ("out", "revoked", "--insecure"): "open",
    ("out", "live", "--insecure"): "required",
    ("here", "none", ""): "open",
    # A key that was revoked must open nothing, even if it was the last.
    ("here", "revoked", ""): "required",
    ("here", "live", ""): "required",
    ("here", "none", "--insecure"): "open",
    ("here", "revoked", "--insecure"): "open",
    ("here", "live", "--insecure"): "required",
}


@pytest.mark.parametrize("name", ["http", "grpc"])
@pytest.mark.parametrize(("where", "kept", "insecure"), STARTS, ids="-".join)
def test_when_a_collector_starts_and_when_it_asks_for_a_key(
    tmp_path: Path, name: str, where: str, kept: str, insecure: str
) -> None:
    key = make_key(tmp_path, Scope.READ) if kept != "none" else ""
    if kept == "revoked":
        revoke_key(tmp_path, key)
    addresses = {"http": "127.0.0.1:0", "grpc": "127.0.0.1:0"} | ({name: "0.0.0.0:0"} if where == "out" else {})
    flags = ["--data", str(tmp_path), *(word for each in addresses for word in (f"--{each}", addresses[each]))]
    settings = Settings.load([*flags, *filter(None, [insecure])])
    expected = STARTS[where, kept, insecure]
    if expected == "refused":
        with pytest.raises(SettingError) as refusal, entrance(settings):
            pass
        assert f"spanwise up: {refusal.value}\n" == SENTENCE.format(name=name, upper=name.upper(), data=tmp_path)
    else:
        with entrance(settings) as found:
            assert found.gate.keyring.required is (expected == "required")


def test_beyond_this_machine_the_command_ends_without_a_key(tmp_path: Path) -> None:
    expected = SENTENCE.format(name="http", upper="HTTP", data=tmp_path)
    assert refused(tmp_path, "--http", "0.0.0.0:0") == (1, expected)


def test_without_a_key_everything_is_open_on_this_machine(tmp_path: Path) -> None:
    with process(tmp_path) as service:
        found = [service.client.get(path).status_code for path in ("/api/v1/services", "/api/v1/health", "/metrics")]
        stale = service.client.get("/api/v1/services", headers={"Authorization": "Bearer spw_of_another_collector"})
        made = service.client.post("/api/v1/keys", json={"scopes": ["admin"]})
        after = service.client.get("/api/v1/services").status_code
    assert found == [200, 200, 200]
    assert stale.status_code == 200
    assert re.fullmatch(r"spw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", made.json()["key"])
    assert after == 401


def test_a_key_that_opens_all_addresses_is_nowhere_but_where_it_was_shown(tmp_path: Path) -> None:
    data = tmp_path / "data"
    key, wrong = make_key(data, Scope.ADMIN), "spw_12345678_" + "Z" * 43
    with process(data, "--http", "0.0.0.0:0", "--insecure") as service:
        assert service.http.startswith("0.0.0.0:")
        answers = [service.client.get("/api/v1/services")]
        assert answers[0].status_code == 401
        for shown in (key, wrong):
            headers = {"Authorization": f"Bearer {shown}"}
            for path in ("/api/v1/services", "/api/v1/keys", "/api/v1/status", "/api/v1/health", "/metrics", "/no"):
                answers.append(service.client.get(path, headers=headers))
            answers.append(service.client.post("/v1/traces", content=b"\xff", headers=headers))
            answers.append(service.client.post("/api/v1/session", json={"key": shown}))
            for body in ({"key": [shown]}, {"kee": shown}, shown, {shown: ""}):
                answers.append(service.client.post("/api/v1/session", json=body))
        code, said = service.stop()
        rest = service.popen.stdout.read() if service.popen.stdout and not service.popen.stdout.closed else ""
    assert code == 0
    everything = [f"{answer.text}{answer.headers}" for answer in answers] + [said, rest]
    everything += [file.read_bytes().decode("latin-1") for file in data.rglob("*") if file.is_file()]
    assert len(everything) > len(answers) + 3
    for secret in (key, wrong):
        assert [text for text in everything if secret[-43:][:12] in text] == []
