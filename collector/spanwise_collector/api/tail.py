"""The live tail, below /api/v1: server-sent events."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from spanwise_collector.api import present
from spanwise_collector.api.feeds import Batch, Feeds
from spanwise_collector.api.models import Answer, ErrorAnswer
from spanwise_collector.api.parameters import QueryText, Time, read, without_groups
from spanwise_collector.api.spans import found
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.span import Span
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import Signal
from spanwise_collector.query.tail import Wanted, arrived
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine

_AT_ONCE: Final = 1000
_SIGNALS: Final[dict[str, tuple[Signal, ...]]] = {"spans": ("spans",), "logs": ("logs",), "both": ("spans", "logs")}


def router(engine: Engine, feeds: Feeds, project_of: Callable[[Request], str], limits: Limits) -> APIRouter:
    """The live tail over one engine."""
    failures: dict[int | str, dict[str, Any]] = {code: {"model": ErrorAnswer} for code in (400, 422, 503)}
    made = APIRouter(prefix="/api/v1", responses=failures)
    Project = Annotated[str, Depends(project_of)]

    @made.get("/tail", tags=["traces"], response_class=StreamingResponse)
    async def tail(
        project: Project,
        q: QueryText = None,
        of: Annotated[Literal["spans", "logs", "both"], Query()] = "both",
        since: Time = None,
        last_event_id: Annotated[str | None, Header(max_length=40)] = None,
    ) -> StreamingResponse:
        """What arrives and is as `q` says, as server-sent events `span` and `log`, in the order of arrival.

        `dropped` says how many were left out: more than 1,000 in one look, or more than wait for a slow client.
        `position` has an id: sent back as `Last-Event-ID` the tail goes on from there, and nothing is missed; what
        came after it may come again. `since` begins earlier than now.
        """
        signals = _SIGNALS[of]
        wanted = [
            Wanted(project, each, without_groups(await run_in_threadpool(read, q, each, limits))) for each in signals
        ]

        def look(after: int, until: int) -> Batch:
            messages: list[tuple[int, bytes]] = []
            left_out = 0
            for each in wanted:
                news = arrived(engine, each, after, until, _AT_ONCE)
                left_out += news.left_out
                for received, item in news.rows:
                    kind, shown = ("span", found(item)) if isinstance(item, Span) else ("log", present.log_record(item))
                    messages.append((received, _message(kind, shown)))
            messages.sort(key=lambda message: message[0])
            return Batch([message for _, message in messages], until, left_out)

        after = parse_time(since, "since", time.time_ns()) if since is not None else None
        if last_event_id:
            if not (last_event_id.isascii() and last_event_id.isdigit()):
                raise InvalidParameter("Last-Event-ID", "`Last-Event-ID` is not an id that this tail has given.")
            after = int(last_event_id)
        messages = feeds.follow((project, of, q), look, after)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(messages, media_type="text/event-stream", headers=headers)

    return made


def _message(kind: str, shown: Answer) -> bytes:
    return f"event: {kind}\ndata: {shown.model_dump_json()}\n\n".encode()
