"""Whether the process lives, whether it can do its work, and how it is doing, in words."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from spanwise_collector.api import health_words, models
from spanwise_collector.errors import StoreError
from spanwise_collector.model.health import RECENT_MINUTES, Arrival, Counts, Health, Recent
from spanwise_collector.store.tables import MINUTE


class ArrivalCount(models.Answer):
    signal: Literal["traces", "logs", "metrics"]
    protocol: str
    accepted: int
    rejected: int = Field(description="Invalid items taken out of requests that were accepted.")
    repeated: int = Field(description="Items that were sent again and not stored again.")


class Refusal(models.Answer):
    signal: Literal["traces", "logs", "metrics", "questions", "unknown"]
    protocol: str
    reason: str
    requests: int


class Sender(models.Answer):
    service: str
    instance: str
    span_count: int
    error_count: int
    last_seen_unix_nano: int


class Origin(models.Answer):
    address: str = Field(description="Of the connection, which may be a proxy's; empty for all beyond the first 200.")
    items: int = Field(
        description="Spans, log records and metric points that were acknowledged, those sent again among them."
    )


class SetAside(models.Answer):
    segment: str
    reason: str


class CollectorHealth(models.Answer):
    """What arrived, from whom, what was refused and why: in the last minutes, and since the start of the collector."""

    status: Literal["ok", "trouble"]
    summary: str = Field(description="What arrived lately, from whom, and what was refused, in a sentence.")
    sentences: list[str] = Field(description="What a person should know, the gravest first; empty when all is well.")
    started_unix_nano: int
    minutes: int = Field(
        description="What was asked for: `arrived`, `refused` and `senders` are of these last minutes."
    )
    since_unix_nano: int = Field(
        description="Where `arrived` and `refused` begin: up to 10 s before those minutes, or the collector's start."
    )
    arrived: list[ArrivalCount]
    refused: list[Refusal]
    arrived_total: list[ArrivalCount] = Field(description="Since the start of the collector.")
    refused_total: list[Refusal] = Field(description="Since the start of the collector.")
    senders: list[Sender] = Field(
        description="Instances whose stored spans began in the last minutes by their own clocks, the busiest first. Who"
        " sends late, or with a clock that is wrong, is counted in `arrived` and is not here."
    )
    origins: list[Origin] = Field(
        description="Where what arrived for this project in that time came from, the busiest first; packets of syslog"
        " are not told apart."
    )
    waiting_bytes: int
    waiting_limit_bytes: int
    lag_seconds: float
    cut_bytes: int = Field(description="Half written when the collector ended before, and not acknowledged.")
    damaged: list[str] = Field(description="Files of acknowledged data that were no longer good at the start.")
    undone_deletions: list[str] = Field(description="Deletions that were asked for and that a disk has damaged.")
    stored_bytes: int | None = Field(description="Null while the store does not say.")
    memory_bytes: int
    catalogue_forgotten: int = Field(
        description="Keys and values that completion forgot since the start, because they were too many."
    )
    set_aside: list[SetAside] = Field(description="Segments that the store would not take.")


def router(trouble: Callable[[], str | None]) -> APIRouter:
    """`trouble` says in a sentence why the collector cannot do its work, or None; it may be called often."""
    made = APIRouter(tags=["collector"])

    @made.get("/healthz")
    async def healthz() -> dict[str, str]:
        """200 while the process answers."""
        return {"status": "ok"}

    @made.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 when telemetry is taken and questions are answered, else 503 with the reason."""
        # Not in the threads of the other routes: those may all be waiting for slow queries.
        reason = await asyncio.to_thread(trouble)
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    return made


def words_router(
    health: Callable[[], Health],
    recent: Callable[[int], Recent],
    arrivals: Callable[[str, int], list[Arrival]],
    project_of: Callable[[Request], str],
) -> APIRouter:
    """`recent` counts what came in over so many minutes; `arrivals` names who sent to a project since a time in ns."""
    failures: dict[int | str, dict[str, Any]] = {code: {"model": models.ErrorAnswer} for code in (422, 503)}
    made = APIRouter(prefix="/api/v1", tags=["collector"], responses=failures)

    @made.get("/health")
    def get_health(
        project: Annotated[str, Depends(project_of)], minutes: Annotated[int, Query(ge=1, le=RECENT_MINUTES)] = 5
    ) -> CollectorHealth:
        """What arrived in the last minutes, from whom, what was refused and why; counts are of all projects."""
        now, lately = health(), recent(minutes)
        senders: list[Arrival] | None = None
        try:
            senders = arrivals(project, time.time_ns() - minutes * MINUTE)
        except StoreError as error:
            # What else there is to say matters most now.
            now = replace(now, store_error=now.store_error or error.message)
        return _answer(now, lately, senders, minutes, origins_of(lately.counts, project))

    return made


def origins_of(counts: Counts, project: str) -> list[tuple[str, int]]:
    """The addresses that sent to a project, and how many items, the busiest first; those beyond the most at the end."""
    found = [(address, items) for (of, address), items in counts.senders.items() if of == project]
    return sorted(found, key=lambda each: (not each[0], -each[1], each[0]))


def _answer(
    now: Health, lately: Recent, senders: list[Arrival] | None, minutes: int, origins: list[tuple[str, int]]
) -> CollectorHealth:
    return CollectorHealth(
        status="trouble" if health_words.troubled(now) else "ok",
        summary=health_words.summary(lately, senders, [address for address, _ in origins]),
        sentences=list(health_words.sentences(now, lately)),
        started_unix_nano=now.started,
        minutes=minutes,
        since_unix_nano=now.started if lately.whole else time.time_ns() - int(lately.seconds * 1e9),
        arrived=_arrived(lately.counts),
        refused=_refused(lately.counts),
        arrived_total=_arrived(now.total),
        refused_total=_refused(now.total),
        senders=[
            Sender(
                service=each.service,
                instance=each.instance,
                span_count=each.span_count,
                error_count=each.error_count,
                last_seen_unix_nano=each.last_seen,
            )
            for each in senders or ()
        ],
        origins=[Origin(address=address, items=items) for address, items in origins],
        waiting_bytes=now.waiting_bytes,
        waiting_limit_bytes=now.waiting_limit,
        lag_seconds=now.lag_seconds,
        cut_bytes=now.cut_bytes,
        damaged=list(now.spool_damaged),
        undone_deletions=list(now.undone_deletions),
        stored_bytes=now.stored_bytes,
        memory_bytes=now.memory_bytes,
        catalogue_forgotten=now.catalogue_forgotten,
        set_aside=[SetAside(segment=name, reason=reason) for name, reason in sorted(now.set_aside.items())],
    )


def _arrived(counts: Counts) -> list[ArrivalCount]:
    keys = sorted({*counts.accepted, *counts.rejected, *counts.repeated})
    return [
        ArrivalCount(
            signal=key[0],  # type: ignore[arg-type]
            protocol=key[1],
            accepted=counts.accepted.get(key, 0),
            rejected=counts.rejected.get(key, 0),
            repeated=counts.repeated.get(key, 0),
        )
        for key in keys
    ]


def _refused(counts: Counts) -> list[Refusal]:
    return [
        Refusal(signal=signal, protocol=protocol, reason=reason, requests=count)  # type: ignore[arg-type]
        for (signal, protocol, reason), count in sorted(counts.refused.items())
    ]
