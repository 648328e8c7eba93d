"""Groups of errors: which there are in a range, how often each came, and how each stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spanwise_collector.model.error_state import Judged, State
from spanwise_collector.query.error_forms import Forms
from spanwise_collector.query.error_group import Group, count, describe, groups
from spanwise_collector.query.occurrences import Occurrences
from spanwise_collector.query.page import Page, decode_cursor, encode_cursor
from spanwise_collector.store import Engine

Sort = Literal["count", "last_seen", "first_seen"]


@dataclass(frozen=True, slots=True)
class ErrorSearch:
    """Which groups are listed: those with an occurrence that is asked for, and as the other fields say.

    `states` are what people have said of groups; `new_since` (ns) leaves those that were first seen then or later.
    """

    asked: Occurrences
    states: Mapping[str, Judged]
    state: State | None = None
    new_since: int | None = None
    regressed: bool = False
    sort: Sort = "count"
    limit: int = 100
    cursor: str | None = None


def search(engine: Engine, forms: Forms, wanted: ErrorSearch) -> Page[Group]:
    """One page of groups in a total order, the most or the newest first."""
    place = decode_cursor(wanted.cursor, wanted.sort, int, str) if wanted.cursor is not None else None
    kept, complete = forms.of(wanted.asked.project)
    made = groups(kept.values(), wanted.states)
    count(engine, wanted.asked, {number: made[form.error.fingerprint] for number, form in kept.items()})
    found = [each for each in made.values() if each.count and _is_wanted(each, wanted)]
    listed = sorted(found, key=lambda each: _order(each, wanted.sort))
    left = listed if place is None else [each for each in listed if _order(each, wanted.sort) > (-place[0], place[1])]
    page = left[: wanted.limit]
    describe(engine, wanted.asked, page)
    relation: Literal["eq", "gte"] = "eq" if complete else "gte"
    if len(page) == len(left):
        return Page(page, len(listed), relation, "end")
    value, fingerprint = _order(page[-1], wanted.sort)
    return Page(page, len(listed), relation, "limit", encode_cursor(wanted.sort, -value, fingerprint))


def _is_wanted(group: Group, wanted: ErrorSearch) -> bool:
    return (
        wanted.state in (None, group.standing.state)
        and (wanted.new_since is None or group.first_seen >= wanted.new_since)
        and (group.standing.regressed or not wanted.regressed)
    )


def _order(group: Group, sort: Sort) -> tuple[int, str]:
    value = {"count": group.count, "last_seen": group.last_seen, "first_seen": group.first_seen}[sort]
    return -value, group.error.fingerprint
