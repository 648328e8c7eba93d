"""What is looked at when the collector starts, and at intervals while it runs."""

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from spanwise_collector.errors import StoreError
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Recovered
from spanwise_collector.store import EmbeddedEngine, Engine, retention, soundness
from spanwise_collector.store.catalogue import Catalogue

_log = logging.getLogger(__name__)
_INTERVAL = 60.0


async def keep_house(engine: Engine, settings: Settings, catalogue: Catalogue) -> None:
    """Look for damaged parts once where the store is ours, then apply what limits the store once a minute.

    Until it is cancelled; trouble is logged and tried again.
    """
    cancelled = threading.Event()
    try:
        if isinstance(engine, EmbeddedEngine):
            await asyncio.to_thread(look_for_damage, engine, cancelled.is_set)
        while True:
            try:
                await asyncio.to_thread(apply_retention, engine, settings, datetime.now(UTC))
            except StoreError as error:
                _log.warning("Retention has to wait: %.300s", error)
            try:
                await asyncio.to_thread(catalogue.trim)
            except StoreError as error:
                _log.warning("The catalogue of keys and values could not be looked through: %.300s", error)
            await asyncio.sleep(_INTERVAL)
    finally:
        # A thread is not cancelled with the task that waits for it, and the end of the event loop waits for threads.
        cancelled.set()


def look_for_damage(engine: EmbeddedEngine, enough: Callable[[], bool]) -> None:
    """Put aside what the disk has damaged, until it is `enough`, and name all that lies aside."""
    try:
        soundness.put_damaged_aside(engine, enough)
        found = soundness.damaged(engine)
    except StoreError as error:
        _log.warning("The store could not be checked for damage: %.300s", error)
        return
    for part in found:
        _log.error(
            "Part %s of %s, day %s (%d bytes), is damaged on disk: its rows are in no answer. It lies in `detached`.",
            part.name,
            part.table,
            part.day,
            part.bytes,
        )


def apply_retention(engine: Engine, settings: Settings, now: datetime) -> list[retention.Dropped]:
    """Drop the days that are over the settings' limits, and say which they were."""
    oldest = int((now - timedelta(seconds=settings.retention)).strftime("%Y%m%d"))
    dropped = retention.expired(retention.days(engine), oldest, settings.retention_bytes)
    for each in dropped:
        retention.drop(engine, each.day)
        _log.warning(
            "Dropped the day %d (%d bytes), over the limit of %s.", each.day.number, each.day.bytes, each.reason
        )
    return dropped


def report(found: Recovered) -> None:
    """Log what a start has found wrong in the spool."""
    if found.torn_files:
        _log.warning(
            "The collector had not been stopped: %d bytes in %d files had not been acknowledged and were cut.",
            found.torn_bytes,
            found.torn_files,
        )
    if found.damaged:
        _log.error("Acknowledged data was damaged on disk; what is left of it is kept: %s.", ", ".join(found.damaged))
