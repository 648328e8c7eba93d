"""Deletions, backups and logs from a terminal, where keys are asked for: each in the project of its key."""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from spanwise_collector.notebook import Notebook, acts, keys

from tests import factories
from tests.collector.access.conftest import Guarded
from tests.collector.access.test_commands_with_keys import run, spanwise
from tests.collector.process import eventually
from tests.factories import span, trace_ids


def done(guarded: Guarded, *words: str) -> list[tuple[str, str, str, str]]:
    """The acts that name one of these words, the oldest first: who, where, what and its facts."""
    with closing(Notebook.open(guarded.data)) as notebook:
        found = [(each.actor, each.project, each.act, each.subject) for each in acts.newest(notebook, 1000)]
    return [each for each in reversed(found) if any(word in each[3] for word in words)]


def actor(guarded: Guarded, name: str) -> str:
    return f"key {keys.id_of(guarded.keys[name])}"


@pytest.fixture
def traces(guarded: Guarded) -> dict[str, str]:
    """A trace in each of two projects, both of one user."""
    made = {}
    for name in ("admin", "b"):
        (made[name],) = trace_ids(1)
        body = factories.traces([span(made[name], attributes={"user.id": "shared"})]).SerializeToString()
        headers = {"Content-Type": "application/x-protobuf"}
        assert guarded.ask("POST", "/v1/traces", name, content=body, headers=headers).status_code == 200
        eventually(lambda: seen(guarded, name, made[name]), lambda status: status == 200)  # noqa: B023
    return made


def seen(guarded: Guarded, key: str, trace_id: str) -> int:
    return guarded.ask("GET", f"/api/v1/traces/{trace_id}", key).status_code


def test_an_admin_deletes_in_the_own_project_only_and_it_is_written_down(
    guarded: Guarded, traces: dict[str, str]
) -> None:
    delete = spanwise("delete", "--where", "user.id=shared", "--yes", "--json")
    assert run(guarded, *delete) == (
        2,
        "",
        "spanwise delete: This needs a key with the scope admin. Send it as the header `Authorization: Bearer KEY`."
        " Here a key is given by SPANWISE_KEY or --key.\n",
    )
    assert run(guarded, *delete, key="sender")[::2] == (
        2,
        "spanwise delete: The key does not allow this: it lacks the scope admin."
        " Here a key is given by SPANWISE_KEY or --key.\n",
    )
    # The id of another project's trace is no more than an id that is not there.
    by_id = spanwise("delete", "--trace", traces["b"], "--yes", "--json")
    code, out, err = run(guarded, *by_id, key="admin")
    assert (code, err, json.loads(out)["rows"]) == (0, "", {"spans": 0, "logs": 0, "metric_points": 0})

    code, out, err = run(guarded, *delete, key="admin")
    state = json.loads(out)
    assert (code, err, state["rows"]) == (0, "", {"spans": 1, "logs": 0, "metric_points": 0})
    assert (seen(guarded, "admin", traces["admin"]), seen(guarded, "b", traces["b"])) == (404, 200)
    address = f"/api/v1/admin/delete/{state['id']}"
    assert [guarded.ask("GET", address, key).status_code for key in ("admin", "b")] == [200, 404]

    asked, finished = done(guarded, state["id"])
    facts = {"id": state["id"], "by": "attribute", "key": "user.id", "start": 0, "end": (1 << 64) - 1}
    assert (*asked[:3], json.loads(asked[3])) == (actor(guarded, "admin"), "a", "ask for deletion", facts)
    facts = {"id": state["id"], "rows": state["rows"], "segments": 0}
    assert (*finished[:3], json.loads(finished[3])) == ("collector", "a", "finish deletion", facts)


def test_a_backup_holds_all_projects_and_is_for_the_admin_of_the_default_one(guarded: Guarded) -> None:
    name = f"backup-{secrets.token_hex(4)}"
    sentence = (
        "spanwise backup: A backup holds all projects: it needs an admin key of the project default."
        " Here a key is given by SPANWISE_KEY or --key.\n"
    )
    for key in ("admin", "b"):
        assert run(guarded, *spanwise("backup", name), key=key) == (2, "", sentence)
        answer = guarded.ask("GET", f"/api/v1/admin/backup/{name}", key)
        assert (answer.status_code, name in answer.text) == (403, False)
    code, out, err = run(guarded, *spanwise("backup", name, "--json"), key="operator")
    state = json.loads(out)
    taken = Path(state["path"])
    assert (code, err, taken) == (0, "", guarded.data / "backups" / name)
    assert run(guarded, *spanwise("restore", str(taken), "--check"))[0] == 0
    # The copy of the notebook is whole by itself, and holds every key that there was.
    assert [each.name for each in taken.glob("notebook.db*")] == ["notebook.db"]
    with closing(sqlite3.connect(taken / "notebook.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM keys").fetchone()[0] >= len(guarded.keys) - 2
    assert [each[:3] for each in done(guarded, name)] == [
        (actor(guarded, "operator"), "default", "ask for backup"),
        ("collector", "default", "finish backup"),
    ]


@pytest.mark.parametrize("command", ["send", "ship"])
def test_lines_are_sent_with_the_key_that_sends(guarded: Guarded, tmp_path: Path, command: str) -> None:
    mark = secrets.token_hex(8)
    file = tmp_path / "a.log"
    file.write_text(f"line {mark}\n")
    more = ["--once", "--state", str(tmp_path / "state")] if command == "ship" else []
    words = spanwise(command, "--service", "piped", *more, str(file))
    for key, reason in ((None, "needs a key with the scope ingest"), ("read", "lacks the scope ingest")):
        code, _, err = run(guarded, *words, key=key)
        assert (code, reason in err) == (1, True), err
    assert run(guarded, *words, key="ingest")[0] == 0
    found = eventually(
        lambda: guarded.ask("GET", "/api/v1/logs", "read", params={"text": mark}).json()["logs"],
        lambda logs: len(logs) > 0,
    )
    assert [each["body"] for each in found] == [f"line {mark}"]
    assert guarded.ask("GET", "/api/v1/logs", "b", params={"text": mark}).json()["logs"] == []
