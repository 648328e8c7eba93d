"""What a backup consists of: every file with its size and checksum, written last, so that no half of one passes."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from spanwise_collector.durable import sync_folder
from spanwise_collector.errors import SettingError, excerpt

NAME: Final = "manifest.json"
_FORMAT: Final = 1
_CHUNK: Final = 1 << 20


@dataclass(slots=True)
class Manifest:
    """`files` maps a path to its size and SHA-256, `links` a symbolic link to its target; all relative."""

    spanwise: str
    schema: str
    made_unix_nano: int
    format: int = _FORMAT
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(size for size, _ in self.files.values())

    def write(self, folder: Path) -> None:
        path = folder / NAME
        with path.open("x", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises SettingError where the folder holds no whole backup, or one that names places outside of it."""
        try:
            found = cls(**json.loads((folder / NAME).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise SettingError(f"{folder} is no whole backup: {NAME} cannot be read ({excerpt(str(error))}).") from None
        if found.format != _FORMAT:
            raise SettingError(
                f"{folder} was made by a newer Spanwise ({excerpt(found.spanwise, 40)}): restore it with that."
            )
        for path, target in [*((path, "") for path in found.files), *found.links.items()]:
            inside = os.path.normpath(PurePosixPath(path).parent / target) if target else os.path.normpath(path)
            if (
                os.path.isabs(path)
                or os.path.isabs(target)
                or inside.startswith("..")
                or ".." in PurePosixPath(path).parts
            ):
                raise SettingError(f"{folder} names a place outside of itself: {excerpt(path)}.")
        return found

    def faults(self, folder: Path) -> Iterator[str]:
        """What is not as it was when the backup was made, one sentence each."""
        for path, (size, digest) in self.files.items():
            try:
                found = file_digest(folder / path)
            except OSError as error:
                yield f"{path}: {error.strerror}"
            else:
                if found != (size, digest):
                    yield f"{path}: its content has changed ({found[0]} bytes, {size} were written)"


def file_digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    made, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
            size += len(chunk)
    return size, made.hexdigest()


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy as far as a file has come; durable on return. Size and SHA-256 of what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made, size = hashlib.sha256(), 0
    with source.open("rb") as file:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as copied:
            while chunk := file.read(_CHUNK):
                copied.write(chunk)
                made.update(chunk)
                size += len(chunk)
            copied.flush()
            os.fsync(copied.fileno())
    return size, made.hexdigest()


def sync_folders(root: Path) -> None:
    """Make the names below a folder durable, and its own."""
    for folder in (root.parent, *(Path(each) for each, _, _ in os.walk(root))):
        sync_folder(folder)
