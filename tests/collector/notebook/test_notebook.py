"""What people write down: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from spanwise_collector import notebook as notebook_folder
from spanwise_collector.errors import InvalidParameter, NotebookError, NotebookFull, NotFound, SettingError
from spanwise_collector.notebook import Notebook, acts, deploys, keys, views
from spanwise_collector.notebook.acts import Done
from spanwise_collector.notebook.database import FILE
from spanwise_collector.notebook.keys import Scope
from spanwise_collector.notebook.tables import Base
from spanwise_collector.notebook.views import View
from sqlalchemy import text

from tests.collector.notebook.conftest import Place
from tests.collector.notebook.postgresql import PASSWORD

INGEST = frozenset({Scope.INGEST})


def test_a_key_is_listed_with_all_but_its_secret(notebook: Notebook) -> None:
    made, token = keys.create(notebook, INGEST | {Scope.READ}, "shop", "the gateway", actor="terminal")
    assert keys.every(notebook) == [made]
    assert (made.project, made.name, made.scopes) == ("shop", "the gateway", INGEST | {Scope.READ})
    assert (made.last_used, made.revoked, made.digest) == (None, None, keys.digest_of(token))
    assert keys.id_of(token) == made.id
    assert len(token) == len("spw_12345678_") + 43
    assert token.removeprefix(f"spw_{made.id}_") not in repr(made)


def test_a_revoked_key_stays_listed_and_revoked(notebook: Notebook) -> None:
    made, _ = keys.create(notebook, INGEST, actor="terminal")
    revoked = keys.revoke(notebook, made.id, actor="key 12345678")
    assert revoked.revoked is not None
    assert keys.revoke(notebook, made.id, actor="terminal") == revoked
    assert keys.every(notebook) == [revoked]
    with pytest.raises(NotFound, match="There is no key nothing"):
        keys.revoke(notebook, "nothing", actor="terminal")
    assert [(done.actor, done.act) for done in acts.newest(notebook, 10)] == [
        ("key 12345678", "revoke key"),
        ("terminal", "create key"),
    ]


def test_the_last_use_of_several_keys_is_written_down_at_once(notebook: Notebook) -> None:
    made = [keys.create(notebook, INGEST, actor="terminal")[0] for _ in range(3)]
    keys.note_use(notebook, {made[0].id: 10, made[2].id: 30})
    assert [each.last_used for each in keys.every(notebook)] == [10, None, 30]


@pytest.mark.parametrize("project", ["", "A", "-a", "a/b", "a b", "a" * 64, "ä", "../x"])
def test_what_cannot_be_a_project_is_refused(notebook: Notebook, project: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot be a project"):
        keys.create(notebook, INGEST, project, actor="terminal")
    assert keys.every(notebook) == []


def test_a_view_is_replaced_by_name_and_kept_apart_by_project(notebook: Notebook) -> None:
    first = views.save(notebook, "a", "traces", "slow", "service=x")
    other = views.save(notebook, "b", "traces", "slow", "service=y")
    again = views.save(notebook, "a", "traces", "slow", "service=z")
    assert again == replace(first, query="service=z")
    assert views.every(notebook, "a") == [View(first.id, "traces", "slow", "service=z", first.created)]
    with pytest.raises(NotFound):
        views.remove(notebook, "a", other.id)
    views.remove(notebook, "a", first.id)
    assert (views.every(notebook, "a"), views.every(notebook, "b")) == ([], [other])


def test_one_view_more_than_a_project_may_have_is_refused_until_another_is_removed(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    first, _ = (views.save(notebook, "a", "traces", name, "") for name in "xy")
    with pytest.raises(NotebookFull, match="has 2 saved views"):
        views.save(notebook, "a", "traces", "z", "")
    assert views.save(notebook, "a", "traces", "x", "q").id == first.id
    assert [each.name for each in views.every(notebook, "a")] == ["x", "y"]
    views.save(notebook, "b", "traces", "z", "")
    views.remove(notebook, "a", first.id)
    views.save(notebook, "a", "traces", "z", "")
    assert [each.name for each in views.every(notebook, "a")] == ["y", "z"]


def test_of_too_many_deploys_those_that_were_written_down_first_are_forgotten(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploys, "MOST_DEPLOYS", 2)
    other = deploys.add(notebook, "b", "x", "1", 10, "")
    made = [deploys.add(notebook, "a", "x", str(number), 50 - number, "") for number in range(4)]
    assert deploys.between(notebook, "a", 0, 100, None, 10) == made[2:]
    assert deploys.between(notebook, "b", 0, 100, None, 10) == [other]


def test_deploys_are_found_by_time_and_service_the_newest_first(notebook: Notebook) -> None:
    made = [deploys.add(notebook, "a", service, "1.2", time, "") for service, time in [("x", 10), ("y", 20), ("x", 30)]]
    deploys.add(notebook, "b", "x", "9", 15, "")
    assert deploys.between(notebook, "a", 10, 30, None, 10) == [made[1], made[0]]
    assert deploys.between(notebook, "a", 0, 100, "x", 10) == [made[2], made[0]]
    assert deploys.between(notebook, "a", 0, 100, None, 1) == [made[2]]


def test_text_is_only_ever_text(notebook: Notebook) -> None:
    said = "'; DROP TABLE keys; -- \u202e <script>"
    views.save(notebook, "a", "traces", said, said)
    acts.record(notebook, "terminal", "a", "delete traces", said)
    assert [(view.name, view.query) for view in views.every(notebook, "a")] == [(said, said)]
    assert isinstance(acts.newest(notebook, 1)[0], Done)


def test_what_fails_halfway_leaves_nothing(notebook: Notebook) -> None:
    def fail() -> None:
        with notebook.page() as page:
            acts.note(page, "terminal", "a", "delete traces", "all")
            page.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert acts.newest(notebook, 10) == []


def test_what_was_written_is_there_after_it_is_opened_again(place: Place) -> None:
    made, _ = keys.create(place.open(), INGEST, actor="terminal")
    assert keys.every(place.open()) == [made]


def test_the_steps_make_the_tables_that_the_classes_name(notebook: Notebook) -> None:
    found = notebook.looked_at(
        lambda connection: compare_metadata(MigrationContext.configure(connection), Base.metadata)
    )
    assert found == []


def test_many_may_start_at_once_on_an_empty_database(place: Place) -> None:
    starters = 6
    together, failed = threading.Barrier(starters), list[BaseException]()

    def start() -> None:
        together.wait()
        try:
            keys.create(place.open(), INGEST, actor="terminal")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(starters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(keys.every(place.open())) == starters


def test_a_file_that_another_writes_in_the_old_way_is_waited_for(tmp_path: Path) -> None:
    # As one does that has made the file and has not come to its write-ahead log yet.
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(0.3, other.execute, ["ROLLBACK"])
    leaving.start()
    try:
        with closing(Notebook.open(tmp_path)) as opened:
            assert keys.every(opened) == []
    finally:
        leaving.join()
        other.close()


def test_what_a_newer_version_wrote_is_refused(place: Place) -> None:
    with place.open().page() as page:
        page.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    last = max(Path(notebook_folder.__file__).with_name("versions").glob("v*.py")).name[1:5]
    with pytest.raises(SettingError) as raised:
        place.open()
    assert str(raised.value) == (
        f"The notebook was written by a newer Spanwise (version 9999, this one knows {last}). Start the newer version,"
        " or choose another notebook with --notebook or --data."
    )


def test_a_database_that_is_away_is_named_without_its_password(place: Place) -> None:
    if not place.url:
        (place.folder / "notebook.db").write_bytes(b"no database" * 1000)
    else:
        place.url = place.url.replace("host=", "host=/nowhere")
    with pytest.raises(SettingError) as raised:
        place.open()
    assert str(raised.value).startswith("The notebook ")
    assert PASSWORD not in str(raised.value)
    assert "cannot be used: " in str(raised.value)


def test_trouble_later_on_is_retryable_and_shows_no_password(notebook: Notebook) -> None:
    with notebook.page() as page:
        page.execute(text("DROP TABLE keys"))
    with pytest.raises(NotebookError) as raised:
        keys.every(notebook)
    assert PASSWORD not in str(raised.value)
    assert PASSWORD not in notebook.shown


@pytest.mark.parametrize("url", ["mysql://u:hush@h/d", "hush", "postgres:hush", "sqlite:///hush", "://hush"])
def test_a_url_of_another_kind_is_refused_and_not_quoted(place: Place, url: str) -> None:
    place.url = url
    with pytest.raises(SettingError) as raised:
        place.open()
    assert str(raised.value) == (
        "--notebook (SPANWISE_NOTEBOOK, notebook in spanwise.toml) cannot be used; expected"
        " postgresql://user:password@host/database, or nothing for a file in the data folder."
    )


def test_sqlite_syncs_every_transaction_and_lets_nobody_else_read(tmp_path: Path) -> None:
    notebook = Notebook.open(tmp_path)
    try:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        found = notebook.looked_at(
            lambda connection: [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
        )
        assert found == ["wal", 2, 1]
        keys.create(notebook, INGEST, actor="terminal")
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.glob("notebook.db*")}
    finally:
        notebook.close()
    assert set(modes.values()) == {"0o600"}


def test_a_folder_that_the_first_key_makes_is_open_to_nobody_else(tmp_path: Path) -> None:
    """Keys are made before the collector's first start, which would have made it so."""
    folder = tmp_path / "data"
    Notebook.open(folder).close()
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
