"""The data folder: one collector at a time, and what lies where."""

import fcntl
import os
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from spanwise_collector import durable
from spanwise_collector.errors import SettingError, excerpt

_STAND: Final = re.compile(r"([0-9]{1,9})(?:\+([0-9]{1,9}))?")
_NAME: Final = re.compile(r"[0-9a-f]{32}")

_LEAST_ROOM: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a folder's schema has come: `done` statements of what leads beyond `version` have been run."""

    version: int
    done: int = 0

    def __str__(self) -> str:
        return f"{self.version}+{self.done}" if self.done else f"{self.version}"


class DataFolder:
    """The folder of one collector, locked while it is open.

    `collector` is the name of the collector that lives here, the same after every start.
    `spool/` holds what is acknowledged and not yet stored, `store/` belongs to the engine, `refused/` holds segments
    that the engine would not take, `version` how far the store's schema has come. Entering it raises SettingError where
    the folder cannot be used, is held by another collector or was written by a newer one.
    """

    def __init__(self, path: Path, holder: str, version: int) -> None:
        self.path = path.absolute()
        self.spool = self.path / "spool"
        self.store = self.path / "store"
        self.refused = self.path / "refused"
        self._holder = holder
        self._version = version

    def __enter__(self) -> Self:
        try:
            for folder in (self.path, self.spool, self.store):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._refuse_full_disk()
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingError(
                f"The data folder {self.path} cannot be used: {error.strerror} ({error.filename})."
                " Choose another with --data or SPANWISE_DATA."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held_by = os.pread(self._lock, 1000, 0).decode("utf-8", "replace").strip() or "another process"
            os.close(self._lock)
            raise SettingError(
                f"The data folder {self.path} is in use by {held_by}."
                " Stop that one first, or choose another folder with --data or SPANWISE_DATA."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"process {os.getpid()} ({self._holder})\n".encode(), 0)
        try:
            self.stand()
            self.collector = self._name()
        except SettingError:
            os.close(self._lock)
            raise
        return self

    def stand(self) -> Stand | None:
        """How far its schema has come; None in a new folder."""
        file = self.path / "version"
        text = _line(file)
        if text is None:
            return None
        found = _STAND.fullmatch(text)
        if found is None:
            raise SettingError(
                f"The file {file} is damaged: it holds '{excerpt(text, 20)}', and not the version of the schema."
                " Nothing was changed. If the Spanwise that ran here last knew the schema that this one knows, write"
                f" that down (echo {self._version} > {file}) and start again; else restore a backup."
            )
        if int(found[1]) > self._version:
            raise SettingError(
                f"The data folder {self.path} was written by a newer Spanwise (schema {excerpt(text, 20)}, this"
                f" one knows {self._version})."
                " Start the newer version, or choose another folder with --data or SPANWISE_DATA."
            )
        return Stand(int(found[1]), int(found[2] or 0))

    def record(self, stand: Stand) -> None:
        """Write down how far the schema has come; durable on return, whole or not at all."""
        durable.replace(self.path / "version", f"{stand}\n")

    def without_spool(self, error: OSError) -> SettingError:
        """Why a collector does not start whose spool cannot be put in order."""
        return SettingError(
            f"The spool {self.spool} cannot be put in order: {error.strerror}. Nothing was accepted, and what was"
            " acknowledged is still there: see to the disk (dmesg) and start again."
        )

    def _refuse_full_disk(self) -> None:
        # A process that runs waits for room; one that starts could not even open its notebook.
        if shutil.disk_usage(self.path).free < _LEAST_ROOM:
            raise SettingError(
                f"The disk of the data folder {self.path} is full. Free some of it and start again: what was"
                " acknowledged is still there."
            )

    def _name(self) -> str:
        file = self.path / "collector"
        name = _line(file)
        if name is None:
            name = uuid.uuid4().hex
            durable.replace(file, f"{name}\n")
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"The file {file} is damaged: it holds '{excerpt(name, 40)}', and not the collector's name. Remove it"
                " and start again, and there will be a new one. With --store, what was being inserted when the"
                " collector ended may then be stored twice."
            )
        return name

    def __exit__(self, *exception: object) -> None:
        os.ftruncate(self._lock, 0)
        os.close(self._lock)


def _line(file: Path) -> str | None:
    """What a file of one line says; None where there is none."""
    try:
        return file.read_bytes().decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingError(
            f"The file {file} cannot be read: {error.strerror}. Nothing was changed: see to the disk and start again."
        ) from error
