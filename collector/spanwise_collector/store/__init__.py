"""The only folder that knows the database: the engine, its tables, and the loader that fills them."""

from spanwise_collector.store.engine import Engine
from spanwise_collector.store.loader import Loader, LoaderState

__all__ = ["Engine", "Loader", "LoaderState"]
