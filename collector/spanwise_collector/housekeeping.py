"""What is done at intervals while the collector runs."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from spanwise_collector.errors import StoreError
from spanwise_collector.settings import Settings
from spanwise_collector.store import Engine, retention

_log = logging.getLogger(__name__)
_INTERVAL = 60.0


async def keep_house(engine: Engine, settings: Settings) -> None:
    """Apply the retention once a minute, until cancelled; trouble is logged and tried again."""
    while True:
        try:
            await asyncio.to_thread(apply_retention, engine, settings, datetime.now(UTC))
        except StoreError as error:
            _log.warning("Retention has to wait: %.300s", error)
        await asyncio.sleep(_INTERVAL)


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
