"""Copies of a whole data folder, made while the collector runs."""

import logging
import secrets
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from spanwise_collector.durable import PART
from spanwise_collector.errors import InvalidParameter, NotebookError, NotFound, SettingError, StoreError, excerpt
from spanwise_collector.folder import DataFolder
from spanwise_collector.keeping.erasures import Note
from spanwise_collector.keeping.manifest import Manifest, copy_file, sync_folders
from spanwise_collector.keeping.trouble import told
from spanwise_collector.keeping.unfinished import Unfinished, sweep
from spanwise_collector.spool.copying import copy_spool
from spanwise_collector.store import EmbeddedEngine, Loader
from spanwise_collector.store.snapshot import copy_parts, freeze, thaw

_REMEMBERED: Final = 100

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class BackupState:
    """How far a backup has come; `path` is where it lies once it is done."""

    id: str
    path: str
    state: Literal["running", "done", "failed"] = "running"
    error: str = ""
    files: int = 0
    bytes: int = 0


class Backups:
    """Makes backups below `allowed`; `whole` is held while one runs, so that no deletion changes what it copies.

    Being made it removes what kills have left of others.
    """

    def __init__(
        self,
        folder: DataFolder,
        allowed: Path,
        engine: EmbeddedEngine,
        loader: Loader[Any],
        whole: threading.Lock,
        note: Note,
    ) -> None:
        self._folder = folder
        self._allowed = allowed
        self._engine = engine
        self._loader = loader
        self._whole = whole
        self._note = note
        self._lock = threading.Lock()
        self._states: dict[str, BackupState] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        thaw(folder.store)
        sweep(allowed)

    def ask(self, wanted: str, who: str, project: str) -> BackupState:
        """Begin a backup of all projects into a new folder, asked for by someone of `project`.

        Raises InvalidParameter unless the folder lies below what `backup_dir` allows, NotebookError where it cannot be
        written down who asked.
        """
        target = self._place(wanted)
        self._note(who, project, "ask for backup", str(target))
        with self._lock:
            unfinished = Unfinished(target)
        state = BackupState(secrets.token_hex(8), str(target))
        args = (state, unfinished, project)
        thread = threading.Thread(target=self._run, args=args, name="spanwise-backup", daemon=True)
        with self._lock:
            self._states[state.id] = state
            ended = [each.id for each in self._states.values() if each.state != "running"]
            for name in ended[:-_REMEMBERED]:
                del self._states[name]
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()
        return state

    def state(self, name: str) -> BackupState:
        """How far a backup of this process has come; raises NotFound."""
        found = self._states.get(name)
        if found is None:
            raise NotFound(f"No backup {excerpt(name, 40)} is known to this process.")
        return found

    def close(self) -> None:
        """End what runs: its backup has failed, and nothing is left of it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _place(self, wanted: str) -> Path:
        allowed = self._allowed.resolve()
        try:
            target = (allowed / wanted).resolve()
            usable = bool(wanted) and target.is_relative_to(allowed) and target != allowed and "\0" not in wanted
            usable = usable and not target.name.endswith(PART)
            taken = usable and target.exists()
        except (OSError, ValueError, RuntimeError):
            usable, taken = False, False
        if not usable:
            raise InvalidParameter(
                "path",
                f"`path` must name a new folder below {allowed} (setting backup_dir) that does not end in {PART}, not"
                f" {excerpt(wanted, 80)}.",
            )
        if taken:
            raise InvalidParameter("path", f"{target} is there already: give another name.")
        return target

    def _run(self, state: BackupState, unfinished: Unfinished, project: str) -> None:
        part, target = unfinished.path, unfinished.target
        try:
            with self._whole:
                made = self._make(state, part)
                made.write(part)
                sync_folders(part)
                facts = f"{target}: {state.files} files, {state.bytes} bytes"
                self._note("collector", project, "finish backup", facts)
                unfinished.finish()
            state.state = "done"
        except (OSError, StoreError, NotebookError, SettingError, sqlite3.Error) as error:
            then = "nothing of the backup is left there; ask for it again, or in a backup_dir on another disk."
            # Before it is gone: afterwards there is room.
            state.error = told(error, (target, self._folder.path), then)
            state.state = "failed"
            _log.warning("The backup to %s failed: %s", target, state.error)
            unfinished.drop()
            thaw(self._folder.store)

    def _make(self, state: BackupState, part: Path) -> Manifest:
        folder = self._folder
        made = Manifest(version("spanwise-collector"), str(folder.stand()), time.time_ns())

        def into(below: str) -> Any:
            def copy(source: Path, name: Path) -> None:
                if self._stopping.is_set():
                    raise StoreError("The collector was stopped before the backup was whole.")
                path = Path(below) / name
                made.files[path.as_posix()] = copy_file(source, part / path)
                state.files, state.bytes = len(made.files), made.bytes

            return copy

        copy_spool(folder.spool, into("spool"))
        with self._loader.paused():
            links = freeze(self._engine, folder.store, into("store"))
        made.links = {(Path("store") / path).as_posix(): target for path, target in links.items()}
        copy_parts(folder.store, into("store"))
        for name in ("refused", "erasures"):
            for path in sorted((folder.path / name).glob("*")):
                if not path.name.endswith((PART, ".rewritten")):
                    into(name)(path, Path(path.name))
        into("")(folder.path / "version", Path("version"))
        if (folder.path / "notebook.db").exists():
            _copy_database(folder.path / "notebook.db", part / "notebook.taken")
            into("")(part / "notebook.taken", Path("notebook.db"))
            (part / "notebook.taken").unlink()
        return made


def _copy_database(source: Path, target: Path) -> None:
    """By SQLite's own means, since it may be written to meanwhile."""
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
