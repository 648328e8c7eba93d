"""Which store a collector has: that of its folder, or a server."""

from collections.abc import Iterator
from contextlib import contextmanager

from spanwise_collector.errors import SettingError
from spanwise_collector.folder import DataFolder
from spanwise_collector.settings import Keeping
from spanwise_collector.store.embedded import EmbeddedEngine
from spanwise_collector.store.engine import Engine
from spanwise_collector.store.server import ServerEngine


@contextmanager
def opened(folder: DataFolder, settings: Keeping) -> Iterator[Engine]:
    """The store that the settings name, closed at the end; raises SettingError and StoreError."""
    engine = _made(folder, settings)
    try:
        yield engine
    finally:
        engine.close()


def _made(folder: DataFolder, settings: Keeping) -> Engine:
    if settings.store is not None:
        return ServerEngine(settings.store, folder.collector, settings)
    if settings.cluster:
        raise SettingError("--cluster names a cluster of ClickHouse servers: --store must say where one of them is.")
    return EmbeddedEngine(
        folder.store,
        memory=settings.store_memory,
        query_seconds=settings.query_timeout,
        query_memory=settings.query_memory,
    )
