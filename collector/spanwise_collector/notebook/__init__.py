"""The small second database: what people write down (keys, views, deploys, acts), as apart from telemetry."""

from spanwise_collector.notebook.database import Notebook

__all__ = ["Notebook"]
