"""The live tail, below /api/v1: server-sent events."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from spanwise_collector.api import present
from spanwise_collector.api.feeds import Feeds, Page, Rest, Source
from spanwise_collector.api.models import ErrorAnswer
from spanwise_collector.api.parameters import QueryText, Time, read, without_groups
from spanwise_collector.api.spans import found as shown_span
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import Signal
from spanwise_collector.query.tail import Place, Places, Wanted, arrived, remaining
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine

_AT_ONCE: Final = 1000
# Seconds, as between two looks: keys are read every other second.
_ASK_AGAIN: Final = 1.0
_SIGNALS: Final[dict[str, tuple[Signal, ...]]] = {"spans": ("spans",), "logs": ("logs",), "both": ("spans", "logs")}


def router(
    engine: Engine,
    feeds: Feeds,
    project_of: Callable[[Request], str],
    limits: Limits,
    goes_on: Callable[[Request], bool],
) -> APIRouter:
    """The live tail over one engine; it ends where `goes_on` says so of its request."""
    failures: dict[int | str, dict[str, Any]] = {code: {"model": ErrorAnswer} for code in (400, 422, 503)}
    made = APIRouter(prefix="/api/v1", responses=failures)
    Project = Annotated[str, Depends(project_of)]

    @made.get("/tail", tags=["traces"], response_class=StreamingResponse)
    async def tail(
        request: Request,
        project: Project,
        q: QueryText = None,
        of: Annotated[Literal["spans", "logs", "both"], Query()] = "both",
        since: Time = None,
        last_event_id: Annotated[str | None, Header(max_length=40)] = None,
    ) -> StreamingResponse:
        """What arrives and is as `q` says, as server-sent events `span` and `log`, in the order of arrival.

        `dropped` says how many were left out: more than 1,000 of a kind in one look, or more than wait for a slow
        client. `position` has an id: sent back as `Last-Event-ID` the tail goes on from there, and the first 20,000
        (up to a page more) that were missed are told, page by page; the others are counted in `dropped`. What came
        after it may come again. `since` begins earlier than now. `failed` says why what comes, or was missed
        (`missed`), cannot be read; it is asked for again, but where that costs more than a query may (`query_limit`):
        then it is left out, and the tail goes on with what comes. It ends when its key is revoked, or its session is
        over.
        """
        signals = _SIGNALS[of]
        asked = [
            Wanted(project, each, without_groups(await run_in_threadpool(read, q, each, limits))) for each in signals
        ]
        wanted = [await run_in_threadpool(each.widened, engine) for each in asked]

        def news(after: int, until: int) -> tuple[list[bytes], int]:
            # Each kind by itself: many of the one leave nothing out of the other.
            each_kind = [arrived(engine, [each], {each.signal: Place(after + 1)}, until, _AT_ONCE) for each in wanted]
            rows = sorted((row for found in each_kind for row in found.rows), key=lambda row: row[0])
            rests = [(each, found.rest) for each, found in zip(wanted, each_kind, strict=True) if found.rest]
            return _messages(rows), sum(remaining(engine, [each], rest, until) for each, rest in rests)

        def first(after: int, until: int) -> Page:
            return page({each.signal: Place(after + 1) for each in wanted}, until)

        def page(places: Places, until: int) -> Page:
            found = arrived(engine, wanted, places, until, _AT_ONCE)
            if found.rest is None:
                return Page(_messages(found.rows), until)
            rest = Rest(partial(page, found.rest, until), partial(remaining, engine, wanted, found.rest, until))
            # Of what was received last there may be more.
            return Page(_messages(found.rows), found.rows[-1][0] - 1, rest)

        after = parse_time(since, "since", time.time_ns()) if since is not None else None
        if last_event_id:
            if not (last_event_id.isascii() and last_event_id.isdigit()):
                raise InvalidParameter("Last-Event-ID", "`Last-Event-ID` is not an id that this tail has given.")
            after = int(last_event_id)
        messages = feeds.follow((project, of, q), Source(news, first), after)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        allowed = _while_allowed(messages, partial(goes_on, request))
        return StreamingResponse(allowed, media_type="text/event-stream", headers=headers)

    return made


async def _while_allowed(messages: AsyncGenerator[bytes], allowed: Callable[[], bool]) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    asked = loop.time()
    async with aclosing(messages):
        async for message in messages:
            # Not for each: some thousand may come at once.
            if loop.time() - asked > _ASK_AGAIN:
                asked = loop.time()
                if not allowed():
                    return
            yield message


def _messages(rows: Iterable[tuple[int, Span | LogRecord]]) -> list[bytes]:
    return [_message(item) for _, item in rows]


def _message(item: Span | LogRecord) -> bytes:
    kind, shown = ("span", shown_span(item)) if isinstance(item, Span) else ("log", present.log_record(item))
    return f"event: {kind}\ndata: {shown.model_dump_json()}\n\n".encode()
