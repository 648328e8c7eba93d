"""Whether the process lives, whether it can do its work, and how it is doing, in words."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from spanwise_collector.api import models
from spanwise_collector.model.health import Arrival, Health
from spanwise_collector.store.tables import MINUTE

_LAGGING: Final = 5.0
_ADVICE: Final = {
    "body_too_large": "Send smaller batches, or raise max_body_bytes.",
    "body_timeout": "The sender or the network is slow; read_timeout is the limit.",
    "bad_data": "The sender's exporter is set to another protocol, or is broken.",
    "unsupported_media_type": "Set the exporter to http/protobuf or http/json.",
    "spool_full": "The store does not keep up; senders were told to come back.",
    "overloaded": "More arrived at once than max_inflight_bytes allows; senders were told to come back.",
    "spool_unavailable": "The disk is full or failing; senders were told to come back.",
}


def router(trouble: Callable[[], str | None]) -> APIRouter:
    """`trouble` says in a sentence why the collector cannot do its work, or None; it may be called often."""
    made = APIRouter(tags=["collector"])

    @made.get("/healthz")
    def healthz() -> dict[str, str]:
        """200 while the process answers."""
        return {"status": "ok"}

    @made.get("/readyz")
    def readyz() -> JSONResponse:
        """200 when telemetry is taken and questions are answered, else 503 with the reason."""
        reason = trouble()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    return made


def words_router(health: Callable[[], Health], arrivals: Callable[[int], list[Arrival]]) -> APIRouter:
    """`arrivals` names who has sent since a time in ns."""
    failures: dict[int | str, dict[str, Any]] = {code: {"model": models.ErrorAnswer} for code in (422, 503)}
    made = APIRouter(prefix="/api/v1", tags=["collector"], responses=failures)

    @made.get("/health")
    def get_health(minutes: Annotated[int, Query(ge=1, le=1440)] = 5) -> models.CollectorHealth:
        """What arrived, from whom, what was refused and why."""
        return _in_words(health(), arrivals(time.time_ns() - minutes * MINUTE), minutes)

    return made


def _in_words(now: Health, senders: list[Arrival], minutes: int) -> models.CollectorHealth:
    sentences = list(_sentences(now))
    return models.CollectorHealth(
        status="trouble" if _troubled(now) else "ok",
        sentences=sentences,
        started_unix_nano=now.started,
        arrived=_arrived(now),
        refused=[
            models.Refusal(signal=signal, protocol=protocol, reason=reason, requests=count)
            for (signal, protocol, reason), count in sorted(now.refused.items())
        ],
        senders=[
            models.Sender(
                service=each.service,
                instance=each.instance,
                span_count=each.span_count,
                error_count=each.error_count,
                last_seen_unix_nano=each.last_seen,
            )
            for each in senders
        ],
        senders_minutes=minutes,
        waiting_bytes=now.waiting_bytes,
        waiting_limit_bytes=now.waiting_limit,
        lag_seconds=now.lag_seconds,
        stored_bytes=now.stored_bytes,
        memory_bytes=now.memory_bytes,
        set_aside=[models.SetAside(segment=name, reason=reason) for name, reason in sorted(now.set_aside.items())],
    )


def _troubled(now: Health) -> bool:
    return bool(now.spool_error or now.store_error or now.set_aside) or now.lag_seconds > _LAGGING


def _arrived(now: Health) -> list[models.ArrivalCount]:
    keys = sorted({*now.accepted, *now.rejected, *now.repeated})
    return [
        models.ArrivalCount(
            signal=key[0],
            protocol=key[1],
            accepted=now.accepted.get(key, 0),
            rejected=now.rejected.get(key, 0),
            repeated=now.repeated.get(key, 0),
        )
        for key in keys
    ]


def _sentences(now: Health) -> Iterator[str]:
    if now.spool_error:
        yield f"Nothing can be acknowledged: {now.spool_error}."
    if now.store_error:
        yield f"The store does not take what was acknowledged; it waits safely in the spool. {now.store_error}"
    for name, reason in sorted(now.set_aside.items()):
        yield f"The store refused segment {name} for good; it lies in the folder `refused`. {reason}"
    if now.lag_seconds > _LAGGING:
        yield f"What arrives can be searched {now.lag_seconds:.0f} s later: the store does not keep up."
    for (signal, protocol, reason), count in sorted(now.refused.items(), key=lambda item: -item[1]):
        advice = _ADVICE.get(reason, "")
        yield f"{count:,} requests with {signal} over {protocol} were refused: {reason}. {advice}".rstrip()
    for (signal, protocol), count in sorted(now.rejected.items()):
        yield f"{count:,} {signal} over {protocol} were taken out of good requests because their ids are invalid."
