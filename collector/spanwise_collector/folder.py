"""The data folder: one collector at a time, and what lies where."""

import fcntl
import os
from pathlib import Path
from typing import Self

from spanwise_collector.errors import SettingError, excerpt


class DataFolder:
    """The folder of one collector, locked while it is open.

    `spool/` holds what is acknowledged and not yet stored, `store/` belongs to the engine, `refused/` holds segments
    that the engine would not take, `version` the version of the store's schema. Entering it raises SettingError where
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
                folder.mkdir(parents=True, exist_ok=True)
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
        self._refuse_newer()
        return self

    def mark(self) -> None:
        """Write down that the folder has this version's schema now."""
        part = self.path / "version.part"
        part.write_text(f"{self._version}\n", "utf-8")
        part.replace(self.path / "version")

    def _refuse_newer(self) -> None:
        file = self.path / "version"
        found = file.read_text("utf-8").strip() if file.exists() else "0"
        if not found.isdigit() or int(found) > self._version:
            os.close(self._lock)
            raise SettingError(
                f"The data folder {self.path} was written by a newer Spanwise (schema {excerpt(found, 20)}, this"
                f" one knows {self._version})."
                " Start the newer version, or choose another folder with --data or SPANWISE_DATA."
            )

    def __exit__(self, *exception: object) -> None:
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
