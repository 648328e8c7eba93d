"""`/metrics`: the collector's own figures in Prometheus' text format."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from spanwise_collector.model.health import Health


def router(health: Callable[[], Health]) -> APIRouter:
    """`health` is asked at every scrape."""
    registry = CollectorRegistry()
    registry.register(_Exposition(health))
    made = APIRouter()

    @made.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        # Not in the threads of the other routes: those may all be waiting for slow queries.
        text = await asyncio.to_thread(generate_latest, registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return made


class _Exposition(Collector):
    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def describe(self) -> Iterator[Metric]:
        # Asked at registration, when there is nothing to say yet.
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now = self._health()
        of = ("signal", "protocol")
        yield _counter("spanwise_accepted_items", "Spans, log records and points acknowledged.", of, now.total.accepted)
        yield _counter(
            "spanwise_rejected_items", "Invalid ones taken out of accepted requests.", of, now.total.rejected
        )
        yield _counter("spanwise_repeated_items", "Those sent again and not stored again.", of, now.total.repeated)
        yield _counter(
            "spanwise_refused_requests", "Requests with a negative answer.", (*of, "reason"), now.total.refused
        )
        yield _gauge("spanwise_spool_bytes", "Acknowledged and not yet searchable.", now.waiting_bytes)
        yield _gauge("spanwise_spool_limit_bytes", "The setting spool_max_bytes.", now.waiting_limit)
        yield _gauge("spanwise_spool_segments", "Segments waiting for the store.", now.waiting_segments)
        yield _gauge("spanwise_spool_cut_bytes", "Half written before this start, not acknowledged.", now.cut_bytes)
        yield _gauge("spanwise_spool_damaged_files", "Acknowledged, damaged before this start.", len(now.spool_damaged))
        yield _gauge("spanwise_lag_seconds", "Age of the oldest segment that waits.", now.lag_seconds)
        yield _count("spanwise_store_inserts", "Segments inserted.", now.segments_loaded)
        yield _count("spanwise_store_insert_seconds", "Time spent inserting.", now.insert_seconds)
        if now.stored_bytes is not None:
            yield _gauge("spanwise_store_bytes", "Room taken on disk by what is stored.", now.stored_bytes)
        yield _gauge("spanwise_queries_running", "Queries that the store is working on.", now.queries_running)
        yield _count("spanwise_queries", "Queries that have ended, well or not.", now.queries_ended)
        yield _count("spanwise_query_seconds", "Time spent on them.", now.query_seconds)
        stopped = {(reason,): count for reason, count in now.queries_stopped.items()}
        yield _counter("spanwise_queries_stopped", "Queries ended early or not begun.", ("reason",), stopped)
        yield _gauge("spanwise_set_aside_segments", "Segments that the store would not take.", len(now.set_aside))
        yield _gauge("spanwise_undone_deletions", "Asked for and damaged on disk.", len(now.undone_deletions))
        yield _count(
            "spanwise_catalogue_forgotten", "Keys and values beyond catalogue_entries.", now.catalogue_forgotten
        )
        yield _gauge("process_resident_memory_bytes", "Resident memory of the collector.", now.memory_bytes)
        yield _gauge("process_start_time_seconds", "When it started, since the epoch.", now.started / 1e9)


def _counter(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric([str(each) for each in key], value)
    return family


def _count(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
