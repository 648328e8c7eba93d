"""One page of a list: its items, what it covers, and where it goes on."""

import base64
import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from spanwise_collector.errors import InvalidParameter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`total` is exact ("eq") or a lower bound ("gte"); `reason` says why the page ends: no more, or its limit."""

    items: list[T]
    total: int
    total_relation: Literal["eq", "gte"]
    reason: Literal["end", "limit"]
    next_cursor: str | None = None


Portions: TypeAlias = Generator[list[T], None, Page[T]]
"""The items of a page as they are found, and in the end the page with all of them."""


def gathered(portions: Portions[T]) -> Page[T]:
    """The page, for whoever wants it at once."""
    while True:
        try:
            next(portions)
        except StopIteration as end:
            page: Page[T] = end.value
            return page


def whole(items: list[T]) -> Page[T]:
    """A page that holds all there is."""
    return Page(items, len(items), "eq", "end")


def encode_cursor(*place: object) -> str:
    """A place in a sorted list as one opaque word for a URL."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, sort: str, *kinds: type) -> list[Any]:
    """The place in a list of that order: what `encode_cursor` was given after `sort`, one value of each of `kinds`.

    Numbers are from 0 to 2^64 - 1 and words ASCII, whoever made the cursor. Raises InvalidParameter.
    """
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if [type(each) for each in place] != [str, *kinds] or place.pop(0) != sort:
            raise ValueError("of another list")
        if not all(each.isascii() if isinstance(each, str) else 0 <= each < 1 << 64 for each in place):
            raise ValueError("no place that a list has")
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameter(
            "cursor",
            "`cursor` is not one of this list's: pass a `next_cursor` of an earlier answer, unchanged.",
        ) from error
    return list(place)
