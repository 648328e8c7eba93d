"""A small file written so that a loss of power leaves it as it was or as it was to be."""

import os
from pathlib import Path
from typing import Final

PART: Final = ".part"
"""What the name of a file ends in until all of it is there; a kill may leave one."""


def replace(path: Path, text: str) -> None:
    """Make `text` the content of a file, whole or not at all; durable on return. Raises OSError."""
    part = path.with_name(f"{path.name}{PART}")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
