"""A backup lies only where it may, is whole or is none, and overwrites nothing."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from spanwise_collector.keeping.unfinished import Unfinished

from tests import factories
from tests.collector.keeping.test_delete import spanwise
from tests.collector.process import Process, eventually, process
from tests.factories import span, trace_ids


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    data = tmp_path_factory.mktemp("keeping") / "data"
    with process(data) as made:
        assert made.post("/v1/traces", factories.traces([span(trace_ids(1)[0])]).SerializeToString()).status_code == 200
        yield made


def data_of(collector: Process) -> Path:
    return Path(collector.get("/status")["data"])


@pytest.mark.parametrize(
    "path",
    ["../outside", "/etc/spanwise", "a/../../outside", ".", "", "link/inside", "nul\0byte", "x" * 300, "version/x"],
)
def test_a_place_outside_of_what_is_allowed_is_refused(collector: Process, path: str) -> None:
    backups = data_of(collector) / "backups"
    backups.mkdir(exist_ok=True)
    if not (backups / "link").exists():
        (backups / "link").symlink_to("/tmp")
    if path == "version/x":
        path = "../version/x"
    answer = collector.client.post("/api/v1/admin/backup", json={"path": path})
    assert (answer.status_code in (400, 422), "message" in answer.json()["error"]) == (True, True)
    assert sorted(each.name for each in backups.iterdir()) == ["link"]


def test_a_backup_of_a_folder_whose_version_is_damaged_fails_and_says_so(collector: Process) -> None:
    version = data_of(collector) / "version"
    whole = version.read_bytes()
    version.write_bytes(b"?")
    try:
        code, said, trouble = spanwise("backup", "damaged", "--url", f"http://{collector.http}")
    finally:
        version.write_bytes(whole)
    assert (code, said, str(version) in trouble) == (1, "", True)
    assert not (data_of(collector) / "backups" / "damaged").exists()


def test_a_backup_is_checked_restored_and_never_overwritten(collector: Process, tmp_path: Path) -> None:
    data = data_of(collector)
    # Another part of the collector writes to this file while it is copied.
    with sqlite3.connect(data / "notebook.db") as notebook:
        notebook.execute("CREATE TABLE note (text TEXT)")
        notebook.execute("INSERT INTO note VALUES ('kept')")
    url = ["--url", f"http://{collector.http}"]
    code, said, _ = spanwise("backup", "one", *url, "--json")
    taken = Path(json.loads(said)["path"])
    assert (code, taken) == (0, data / "backups" / "one")
    assert spanwise("backup", "one", *url)[0] == 2
    assert spanwise("restore", str(taken), "--check")[::2] == (0, "")

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    code, _, why = spanwise("restore", str(taken), "--data", str(tmp_path / "full"))
    assert (code, "is not empty, and nothing is overwritten" in why, f"mv {tmp_path / 'full'}" in why) == (
        1,
        True,
        True,
    )
    code, said, why = spanwise("restore", str(taken), "--data", str(tmp_path / "new"))
    assert (code, why, said.endswith(f"to {tmp_path / 'new'}.\n")) == (0, "", True)
    with sqlite3.connect(tmp_path / "new" / "notebook.db") as notebook:
        assert notebook.execute("SELECT text FROM note").fetchall() == [("kept",)]
    with process(tmp_path / "new") as restored:
        assert eventually(lambda: restored.get("/status")["span_count"], lambda count: count == 1) == 1

    (taken / "version").write_text("changed\n")
    code, _, why = spanwise("restore", str(taken), "--check")
    assert (code, "is damaged: version: its content has changed" in why) == (1, True)
    assert spanwise("restore", str(taken), "--data", str(tmp_path / "other"))[0] == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["full", "new"]


@pytest.mark.parametrize(
    "places",
    [
        {"files": {"../outside": [0, ""]}},
        {"files": {"/tmp/outside": [0, ""]}},
        {"files": {"a/../../outside": [0, ""]}},
        {"links": {"store/a": "../../outside"}},
        {"links": {"a": "/etc"}},
        {"links": {"../outside": "a"}},
    ],
)
def test_a_manifest_that_names_places_outside_is_refused(tmp_path: Path, places: dict[str, Any]) -> None:
    taken = tmp_path / "backup"
    taken.mkdir()
    (taken / "manifest.json").write_text(json.dumps({"spanwise": "1", "schema": "1", "made_unix_nano": 1} | places))
    code, _, why = spanwise("restore", str(taken), "--data", str(tmp_path / "new"))
    assert (code, "names a place outside of itself" in why, (tmp_path / "new").exists()) == (1, True, False)


def test_of_two_who_restore_into_one_folder_the_second_is_refused_and_takes_nothing_away(tmp_path: Path) -> None:
    taken, target = tmp_path / "backup", tmp_path / "new"
    taken.mkdir()
    (taken / "a").write_text("a")
    files = {"a": [1, sha256(b"a").hexdigest()]}
    (taken / "manifest.json").write_text(
        json.dumps({"spanwise": "1", "schema": "1", "made_unix_nano": 1} | {"files": files})
    )
    # Named like what a restore makes, and somebody else's.
    for name in ("new.restoring", "other.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").touch()
    first = Unfinished(target)
    (first.path / "b").touch()
    code, _, why = spanwise("restore", str(taken), "--data", str(target))
    assert (code, "is being made by another" in why, (first.path / "b").exists()) == (1, True, True)
    first.drop()
    assert spanwise("restore", str(taken), "--data", str(target))[::2] == (0, "")
    assert [path.name for path in target.iterdir()] == ["a"]
    assert spanwise("restore", str(taken), "--data", str(tmp_path / "other"))[0] == 1
    assert ((tmp_path / "new.restoring/kept").exists(), (tmp_path / "other.part/kept").exists()) == (True, True)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    code, _, why = spanwise("restore", str(tmp_path), "--check")
    assert (code, "is no whole backup" in why) == (1, True)


def test_what_a_kill_left_of_a_backup_is_removed_at_the_start_and_nothing_else(tmp_path: Path) -> None:
    backups = tmp_path / "data" / "backups"
    left, running, mine, whole = (backups / name for name in ("a/b.part", "running.part", "mine.part", "whole"))
    for folder in (left / "store", running, mine, whole / "store" / "x.part"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("some")
    for folder in (left, running, whole, whole / "store" / "x.part"):
        (folder / "unfinished").touch()
    (whole / "manifest.json").touch()
    (backups / "link.part").symlink_to(mine)
    with (running / "unfinished").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with process(tmp_path / "data"):
            found = sorted(str(each.relative_to(backups)) for each in backups.rglob("*") if not each.is_dir())
    assert found == [
        "mine.part/file",
        "running.part/file",
        "running.part/unfinished",
        "whole/manifest.json",
        "whole/store/x.part/file",
        "whole/store/x.part/unfinished",
    ]
    assert sorted(each.name for each in backups.iterdir()) == ["a", "link.part", "mine.part", "running.part", "whole"]


def test_what_a_kill_left_of_a_backup_does_not_block_its_name(tmp_path: Path) -> None:
    backups = tmp_path / "data" / "backups"
    left, other = backups / "nightly.part", backups / "mine.part"
    with process(tmp_path / "data") as made:
        for folder in (left, other):
            folder.mkdir(parents=True)
            (folder / "file").write_text("some")
        (left / "unfinished").touch()
        url = ["--url", f"http://{made.http}"]
        assert spanwise("backup", "nightly", *url)[::2] == (0, "")
        code, _, why = spanwise("backup", "mine", *url)
        assert (code, "mine.part, where it is made, cannot be used: File exists" in why) == (2, True)
        assert spanwise("backup", "other.part", *url)[0] == 2
    assert spanwise("restore", str(backups / "nightly"), "--check")[::2] == (0, "")
    assert sorted(str(each.relative_to(backups)) for each in backups.glob("*.part/*")) == ["mine.part/file"]
    assert sorted(each.name for each in backups.iterdir()) == ["mine.part", "nightly"]
    assert not (backups / "nightly" / "unfinished").exists()


def test_of_two_requests_for_one_name_one_is_refused_and_each_backup_has_a_state_of_its_own(
    collector: Process,
) -> None:
    def ask(path: str) -> httpx.Response:
        return collector.client.post("/api/v1/admin/backup", json={"path": path})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, ["twice"] * 8))
    assert sorted(each.status_code for each in answers) == [202] + [400] * 7
    made = [each.json() for each in (*answers, ask("a/same"), ask("b/same")) if each.status_code == 202]
    ended = [
        eventually(partial(collector.get, f"/admin/backup/{each['id']}"), lambda now: now["state"] != "running")
        for each in made
    ]
    below = data_of(collector) / "backups"
    assert [(each["path"], each["state"]) for each in ended] == [
        (str(below / name), "done") for name in ("twice", "a/same", "b/same")
    ]
