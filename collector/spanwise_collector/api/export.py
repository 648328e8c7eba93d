"""The export, below /api/v1: a file of all that is asked for, streamed."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from spanwise_collector.api.export_files import ENDINGS, MEDIA_TYPES, Format, parts
from spanwise_collector.api.models import described
from spanwise_collector.api.parameters import QueryText, TimeRange, read, without_groups
from spanwise_collector.api.pulled import Pulled
from spanwise_collector.errors import QueryLimit, Refused, SenderLeft
from spanwise_collector.query.export import Export, Signal, rows
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.store import Engine, parquet

_PART_BYTES: Final = 256 << 10


class ExportQuery(TimeRange):
    signal: Signal = Field(
        default="traces",
        description="`traces`: every span of the traces that `q` fits, `spans` and `logs`: those that it fits.",
    )
    q: QueryText = None
    format: Format = Field(
        default="otlp",
        description="`otlp`: requests of OTLP, each after its length as a varint; `otlp-json`: one on each line;"
        " `ndjson`: a span or record on each line, as the API shows it; `parquet`: the columns of the store. The last"
        " message or line, or the metadata, says what the file covers.",
    )


class _Covering:
    """Counts what is exported, ends it at the limit, and says at the end what the file covers."""

    def __init__(self, query: ExportQuery, wanted: Export, most: int) -> None:
        self._query = query
        self._wanted = wanted
        self._most = most
        self._count = 0
        self._reason = "end"
        self._message = ""

    def blocks(self, blocks: Generator[Sequence[Any], None, None]) -> Iterator[Sequence[Any]]:
        """The same blocks up to the limit; where they fail midway the end says so, as the status is sent by then."""
        with closing(blocks):
            try:
                for block in blocks:
                    kept = block if not self._most else block[: self._most - self._count]
                    self._count += len(kept)
                    yield kept
                    if len(kept) < len(block):
                        self._reason = "export_rows"
                        self._message = f"There are more: the setting export_rows is {self._most}."
                        return
            except SenderLeft:
                raise
            except Refused as refusal:
                if not self._count:
                    raise
                self._reason = refusal.setting if isinstance(refusal, QueryLimit) else refusal.reason
                self._message = refusal.message

    def end(self) -> dict[str, Any]:
        wanted = self._wanted
        return {
            "signal": wanted.signal,
            "q": self._query.q,
            "start_time_unix_nano": wanted.start,
            "end_time_unix_nano": wanted.end,
            "until_unix_nano": wanted.until,
            "exported": self._count,
            "complete": self._reason == "end",
            "reason": self._reason,
            "message": self._message,
        }


def router(engine: Engine, project_of: Callable[[Request], str], limits: Limits, most: int) -> APIRouter:
    """The export over one engine; at most `most` rows go into one file, any number where it is 0."""
    made = APIRouter(prefix="/api/v1", responses=described(400, 422, 429, 503))
    Project = Annotated[str, Depends(project_of)]

    @made.get(
        "/export",
        tags=["files"],
        response_class=StreamingResponse,
        responses={200: {"content": {each: {} for each in MEDIA_TYPES.values()}}},
    )
    async def export(query: Annotated[ExportQuery, Query()], project: Project) -> StreamingResponse:
        """Everything that is as `q` says and had arrived by now, as a file, however much it is.

        It is read from the store as fast as it is taken, and ends when its client leaves.
        """
        level = query.signal
        where = without_groups(await run_in_threadpool(read, query.q, level, limits))
        wanted = Export(project, level, *query.bounds(), time.time_ns(), where, limits.structure_spans)
        covering = _Covering(query, wanted, most)
        if query.format == "parquet":
            await run_in_threadpool(parquet.library)
        file = Pulled(parts(query.format, level, covering.blocks(rows(engine, wanted)), covering.end), _PART_BYTES)
        # What cannot be begun is refused while there is still a status to say so.
        first = await run_in_threadpool(file.pull)
        name = f"{level}.{ENDINGS[query.format]}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(file.all(first), media_type=MEDIA_TYPES[query.format], headers=headers)

    return made
