"""`spanwise canary`: writes seeded traces and logs to a collector, and reads them back by id, search and rollup."""

from spanwise_collector.canary.command import main

__all__ = ["main"]
