"""The store's folder as it is at one moment, without stopping it: parts as hard links, the rest copied."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import column, func, select, table

from spanwise_collector.store.embedded import EmbeddedEngine

Copy = Callable[[Path, Path], None]
"""Copies a file to a place below the copy, given relative to it."""

_NAME: Final = "spanwise"
_tables: Final = table("tables", column("name"), column("engine"), column("database"), schema="system")


def freeze(engine: EmbeddedEngine, store: Path, copy: Copy) -> dict[Path, str]:
    """Fix the parts of every table as they are now, and copy what else the engine needs; the symbolic links there are.

    Nothing may be inserted while this runs, so that all tables, and the tokens of what was inserted, are of one
    moment. Follow it with `copy_parts`. Raises StoreError or OSError.
    """
    thaw(store)
    columns = _tables.c
    merged = select(columns.name).where(
        columns.database == func.currentDatabase(), columns.engine.like("%MergeTree"), columns.name != "erasing"
    )
    for row in engine.read(merged):
        engine.run(f"ALTER TABLE {row.name} FREEZE WITH NAME '{_NAME}'")
    links = {}
    for folder, names, files in os.walk(store):
        here = Path(folder)
        for name in list(names):
            path = here / name
            if path.is_symlink():
                links[path.relative_to(store)] = os.readlink(path)
            if path.is_symlink() or (here == store and name in ("shadow", "tmp")) or _is_part(path):
                names.remove(name)
        for name in files:
            copy(here / name, (here / name).relative_to(store))
    return links


def copy_parts(store: Path, copy: Copy) -> None:
    """Copy the parts that `freeze` has fixed, at leisure, and let go of them."""
    frozen = store / "shadow" / _NAME
    for folder, _, files in os.walk(frozen):
        for name in files:
            path = Path(folder) / name
            copy(path, path.relative_to(frozen))
    thaw(store)


def thaw(store: Path) -> None:
    """Let go of what a backup has fixed, also one that was killed."""
    shutil.rmtree(store / "shadow", ignore_errors=True)


def _is_part(path: Path) -> bool:
    return path.name == "detached" or (path / "checksums.txt").exists() or path.name.startswith(("tmp_", "delete_tmp_"))
