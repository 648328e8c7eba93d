"""Both kinds of work on a whole data folder, of which never two run at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spanwise_collector.folder import DataFolder
from spanwise_collector.keeping.backups import Backups
from spanwise_collector.keeping.erasures import Erasures, Note, Places
from spanwise_collector.spool import Spool
from spanwise_collector.store import EmbeddedEngine, Loader


@dataclass(frozen=True, slots=True)
class Desk:
    """Where deletions and backups of one collector are asked for."""

    erasures: Erasures
    backups: Backups


@contextmanager
def desk(
    folder: DataFolder, backup_dir: str, engine: EmbeddedEngine, spool: Spool, loader: Loader[Any], note: Note
) -> Iterator[Desk]:
    """Take up deletions that a kill has left, and take new ones until the block ends; what runs then is waited for."""
    whole = threading.Lock()
    places = Places(folder.path / "erasures", folder.refused, folder.spool)
    allowed = Path(backup_dir).absolute() if backup_dir else folder.path / "backups"
    made = Desk(
        Erasures(places, engine, spool, loader, whole, note),
        Backups(folder, allowed, engine, loader, whole, note),
    )
    made.erasures.start()
    try:
        yield made
    finally:
        made.erasures.close()
        made.backups.close()
