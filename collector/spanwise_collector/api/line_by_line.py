"""A list as lines of JSON, written as it is found: for whoever accepts `application/x-ndjson`."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import StreamingResponse

from spanwise_collector.api import present
from spanwise_collector.api.models import Answer, ErrorAnswer, Hint, Searched
from spanwise_collector.api.pulled import Pulled
from spanwise_collector.api.refusals import detail_of
from spanwise_collector.errors import Refused, SenderLeft
from spanwise_collector.query.page import Page, Portions

T = TypeVar("T")
NDJSON: Final = "application/x-ndjson"


class LastLine(Answer):
    """What the lines before it cover."""

    coverage: Searched


def _accepted(request: Request) -> bool:
    ranges = (each.partition(";")[0].strip().lower() for each in request.headers.get("accept", "").split(","))
    return NDJSON in ranges


ByLine = Annotated[bool, Depends(_accepted)]
"""Whether the client asks for lines."""


def documented(item: type[Answer]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: lines of such items, and the last one."""
    ref = "#/components/schemas/{model}"
    covers = Searched.model_json_schema(mode="serialization", ref_template=ref)
    covers.pop("$defs", None)
    last = {"type": "object", "required": ["coverage"], "properties": {"coverage": covers}}
    line = {"oneOf": [{"$ref": ref.format(model=name)} for name in (item.__name__, ErrorAnswer.__name__)] + [last]}
    about = (
        "A line for each item, as soon as its part of the time range is answered; the last line is `coverage`,"
        " what the list covers, or where it broke off `error`."
    )
    return {200: {"content": {NDJSON: {"schema": {"description": about, **line}}}}}


def answer(
    portions: Portions[T], show: Callable[[T], Answer], hints: Callable[[Page[T]], list[Hint]]
) -> StreamingResponse:
    """The items of a list line by line, and what they cover; raises Refused what is refused before the first."""
    file = Pulled(_lines(portions, show, hints))
    first = file.pull()
    return StreamingResponse(file.all(first), media_type=NDJSON, headers={"Cache-Control": "no-store"})


def _lines(
    portions: Portions[T], show: Callable[[T], Answer], hints: Callable[[Page[T]], list[Hint]]
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
                    yield b"".join(_line(show(each)) for each in part)
                    begun = True
            last = _line(LastLine(coverage=Searched(hints=hints(page), **present.coverage(page))))
        except SenderLeft:
            raise
        except Refused as refusal:
            # The status is sent by then.
            if not begun:
                raise
            last = ErrorAnswer(error=detail_of(refusal)).model_dump_json(exclude_none=True).encode() + b"\n"
        yield last


def _line(shown: Answer) -> bytes:
    return shown.model_dump_json().encode() + b"\n"
