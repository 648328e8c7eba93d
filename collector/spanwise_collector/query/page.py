"""One page of a list: its items, what it covers, and where it goes on."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

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


def whole(items: list[T]) -> Page[T]:
    """A page that holds all there is."""
    return Page(items, len(items), "eq", "end")


def encode_cursor(*place: object) -> str:
    """A place in a sorted list as one opaque word for a URL."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The place that `encode_cursor` was given, one value of each of `kinds`; raises InvalidParameter."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if [type(each) for each in place] != list(kinds):
            raise ValueError("other kinds")
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameter(
            "cursor",
            "`cursor` is not one of this list's: pass a `next_cursor` of an earlier answer, unchanged.",
        ) from error
    return list(place)
