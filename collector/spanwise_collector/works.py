"""What is acknowledged on its way from the spool into the store, and the work on all of what is kept."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from spanwise_collector.folder import DataFolder, Stand
from spanwise_collector.housekeeping import report
from spanwise_collector.keeping.desk import Desk, desk
from spanwise_collector.keeping.erasures import Note
from spanwise_collector.receive.check import canonical
from spanwise_collector.settings import Spooling
from spanwise_collector.spool import Recovered, Segment, Spool
from spanwise_collector.store import (
    EmbeddedEngine,
    Engine,
    Loader,
    ServerEngine,
    StoreAway,
    migration,
    schema,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Works:
    """What runs on a data folder, reachable or not; `desk` is None where a server keeps the tables."""

    loader: Loader[Segment]
    recovered: Recovered
    desk: Desk | None


def spool_of(folder: DataFolder, settings: Spooling) -> Spool:
    """The spool of a folder, not started yet."""
    return Spool(
        folder.spool,
        segment_bytes=settings.spool_segment_bytes,
        segment_age=settings.spool_segment_age,
        max_bytes=settings.spool_max_bytes,
        brake_bytes=settings.spool_brake_bytes,
        resend_window=settings.resend_window,
    )


@contextmanager
def at_work(folder: DataFolder, engine: Engine, spool: Spool, backup_dir: str, note: Note) -> Iterator[Works]:
    """Start the spool, bring up the tables and load them until the block ends; then stop it all in order.

    Raises SettingError where the spool cannot be put in order or a newer version has made the tables, StoreError where
    the store cannot be brought up.
    """
    with ExitStack() as stack:
        loader = Loader(
            engine,
            spool.closed,
            release=spool.release,
            mend=lambda segment: spool.mend(segment, canonical),
            set_aside=_set_aside(folder, spool),
        )
        recovered = _started(spool, folder)
        report(recovered)
        # In case the store cannot be brought up; else the spool is closed below, before the loader.
        stack.callback(spool.close)
        _bring_up(folder, engine, loader)
        loader.start()
        stack.callback(loader.close)
        stack.callback(spool.close)
        work = None
        # A server's own means delete from it and back it up: other collectors write to it too.
        if isinstance(engine, EmbeddedEngine):
            work = stack.enter_context(desk(folder, backup_dir, engine, spool, loader, note))
        yield Works(loader, recovered, work)


def _started(spool: Spool, folder: DataFolder) -> Recovered:
    try:
        return spool.start()
    except OSError as error:
        raise folder.without_spool(error) from error


def _bring_up(folder: DataFolder, engine: Engine, loader: Loader[Segment]) -> None:
    """Make the tables, or bring those of an older version to this one."""
    if isinstance(engine, ServerEngine):
        try:
            engine.prepare()
        except StoreAway as error:
            # What arrives is safe in the spool; the loader makes the tables when the server is there.
            _log.warning("Starting without the store, which is away: %.300s", error)
        return
    stand = folder.stand()
    if stand is not None and stand != Stand(migration.VERSION):
        _log.warning("Bringing the store in %s from version %s to %d.", folder.store, stand, migration.VERSION)
        if not stand.done:
            # What was being inserted when the process before ended is known by a token that holds the old views.
            loader.drain()
        migration.migrate(engine.run, stand, folder.record)
    schema.create(engine.run)
    folder.record(Stand(migration.VERSION))


def _set_aside(folder: DataFolder, spool: Spool) -> Callable[[Segment, str], None]:
    def set_aside(segment: Segment, reason: str) -> None:
        place = spool.set_aside(segment, folder.refused, reason)
        _log.error("The store refused segment %s for good; it lies in %s, the reason beside it.", segment.name, place)

    return set_aside
