"""The only folder that knows the database: the engines, their tables, and the loader that fills them."""

from spanwise_collector.store.embedded import EmbeddedEngine
from spanwise_collector.store.engine import Engine, StoreAway
from spanwise_collector.store.loader import Loader, LoaderState
from spanwise_collector.store.server import ServerEngine

__all__ = ["EmbeddedEngine", "Engine", "Loader", "LoaderState", "ServerEngine", "StoreAway"]
