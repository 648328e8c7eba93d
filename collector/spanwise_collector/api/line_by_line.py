"""A list as lines of JSON, written as it is found: for whoever accepts `application/x-ndjson`."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from spanwise_collector.api import present
from spanwise_collector.api.models import Answer, ErrorAnswer, Hint, Searched
from spanwise_collector.api.pulled import Pulled
from spanwise_collector.api.refusals import detail_of
from spanwise_collector.errors import Refused, SenderLeft, wire_code
from spanwise_collector.query.page import Page, Portions
from spanwise_collector.store.errand import rows_scanned, time_taken

T = TypeVar("T")
NDJSON: Final = "application/x-ndjson"


class Cost(Answer):
    rows_scanned: int = Field(default_factory=rows_scanned, description="Rows that the store has read until then.")
    time: int = Field(default_factory=time_taken, description="How long it has taken until then, in ns.")


class ProgressLine(Answer):
    """How far the search is."""

    progress: Cost


class LastLine(Answer):
    """What the lines before it cover."""

    coverage: Searched


class BrokenOff(ErrorAnswer):
    """Why the search ended early."""

    status: int = Field(description="The HTTP status that it has where it is refused before the first line.")


@dataclass(frozen=True, slots=True)
class Lines:
    """How lines are asked for: with `progress` one stands behind each part of the time range."""

    progress: bool


def _accepted(request: Request) -> Lines | None:
    for each in request.headers.get("accept", "").lower().split(","):
        media_type, _, parameters = each.partition(";")
        if media_type.strip() == NDJSON:
            return Lines("progress=on" in (one.strip() for one in parameters.split(";")))
    return None


ByLine = Annotated[Lines | None, Depends(_accepted)]
"""Whether the client asks for lines, and how."""


def documented(item: type[Answer]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: lines of such items, and the last one."""
    ref = "#/components/schemas/{model}"
    covers = Searched.model_json_schema(mode="serialization", ref_template=ref)
    covers.pop("$defs", None)
    last = {"type": "object", "required": ["coverage"], "properties": {"coverage": covers}}
    cost = Cost.model_json_schema(mode="serialization")
    between = {"type": "object", "required": ["progress"], "properties": {"progress": cost}}
    broken = BrokenOff.model_json_schema(mode="serialization", ref_template=ref)
    broken.pop("$defs", None)
    line = {"oneOf": [{"$ref": ref.format(model=item.__name__)}, broken, last, between]}
    about = (
        "A line for each item, as soon as its part of the time range is answered; the last line is `coverage`,"
        " what the list covers, or where it broke off `error`. Whoever accepts `application/x-ndjson;progress=on` gets"
        " a line `progress` behind each part."
    )
    return {200: {"content": {NDJSON: {"schema": {"description": about, **line}}}}}


def answer(
    lines: Lines, portions: Portions[T], show: Callable[[T], Answer], hints: Callable[[Page[T]], list[Hint]]
) -> StreamingResponse:
    """The items of a list line by line, and what they cover; raises Refused what is refused before the first."""
    file = Pulled(_lines(lines, portions, show, hints))
    first = file.pull()
    return StreamingResponse(file.all(first), media_type=NDJSON, headers={"Cache-Control": "no-store"})


def _lines(
    lines: Lines, portions: Portions[T], show: Callable[[T], Answer], hints: Callable[[Page[T]], list[Hint]]
) -> Generator[bytes, None, None]:
    begun = False
    with closing(portions):
        try:
            page: Page[T] | None = None
            while page is None:
                try:
                    part = next(portions)
                except StopIteration as end:
                    page = end.value
                else:
                    found = [_line(show(each)) for each in part]
                    if lines.progress:
                        found.append(_line(ProgressLine(progress=Cost())))
                    begun = begun or bool(found)
                    yield b"".join(found)
            last = _line(LastLine(coverage=Searched(hints=hints(page), **present.coverage(page))))
        except SenderLeft:
            raise
        except Refused as refusal:
            # The status is sent by then.
            if not begun:
                raise
            broken = BrokenOff(error=detail_of(refusal), status=wire_code(refusal).http)
            last = broken.model_dump_json(exclude_none=True).encode() + b"\n"
        yield last


def _line(shown: Answer) -> bytes:
    return shown.model_dump_json().encode() + b"\n"
