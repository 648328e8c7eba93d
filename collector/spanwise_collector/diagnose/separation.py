"""Which attributes tell two sets apart: keys and values, ranked by how far their shares are apart for sure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from spanwise_collector.diagnose.shares import Difference, confidence, difference

FEWEST: Final = 5
"""Rows of both sets together below which a key says nothing."""
_MANY: Final = 20
# Of values that look like one, so that a single default among ids does not make the key worth showing.
_MOSTLY: Final = 0.9

Reason: TypeAlias = Literal["rare", "ids", "timestamps", "many values", "asked for", "repeats another"]
Where: TypeAlias = Literal["span", "trace"]
Operator: TypeAlias = Literal["=", ">", "<="]


@dataclass(frozen=True, slots=True)
class Place:
    """A key of the compared spans themselves (`span`), or of another span of `service` in their traces (`trace`)."""

    where: Where
    service: str
    key: str
    field: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """On how many rows of either set the key has a value; `text` is cut where `long`."""

    text: str
    a: int
    b: int
    long: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a key: rows that have it, its `distinct` values, how many look like ids or times, the top.

    `cut`, where all values are numbers: the one at which the sets are furthest apart, with the rows that are no higher.
    """

    place: Place
    a: int
    b: int
    distinct: int
    ids: int = 0
    times: int = 0
    values: tuple[Value, ...] = ()
    cut: Value | None = None

    @property
    def is_cut(self) -> bool:
        """Whether values are told apart as higher and not higher, because there are many of them."""
        return self.cut is not None and self.distinct > _MANY


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of both sets; for what is on other spans of their traces these are traces."""

    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Separating:
    """A value (or all higher ones, or all others), with None the absence of the key, and how far apart shares are."""

    text: str | None
    a: int
    b: int
    difference: Difference
    operator: Operator = "="
    long: bool = False


@dataclass(frozen=True, slots=True)
class Separation:
    """A key with its values, the most separating first."""

    counted: Counted
    sizes: Sizes
    values: tuple[Separating, ...]

    @property
    def score(self) -> float:
        """How far the shares of its best value are apart at least, from 0 to 1; 0 where that may be chance."""
        return self.values[0].difference.sure


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A key that was not ranked, and why."""

    counted: Counted
    reason: Reason


@dataclass(slots=True)
class Separated:
    """Keys, the most separating first, and those that were left out. `tests`: how many shares were held together."""

    ranked: list[Separation] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    tests: int = 0


def separate(found: Iterable[Counted], sizes: dict[Where, Sizes], asked_for: frozenset[tuple[bool, str]]) -> Separated:
    """Rank the keys. `asked_for`: (is a field, name) of those by which the sets were chosen."""
    result = Separated()
    kept: list[Counted] = []
    ordered = sorted(found, key=lambda counted: _order(counted.place))
    sizes = {
        where: _at_least(size, [each for each in ordered if each.place.where == where]) for where, size in sizes.items()
    }
    for each in ordered:
        reason = _reason(each, sizes[each.place.where], asked_for)
        if reason is None:
            kept.append(each)
        else:
            result.left_out.append(LeftOut(each, reason))
    # Of a cut every value was tried.
    result.tests = sum((each.distinct if each.is_cut else len(each.values)) + 1 for each in kept)
    z = confidence(result.tests)
    ranked = [_separation(each, sizes[each.place.where], z) for each in kept]
    by_key = {(each.counted.place.where, each.counted.place.key, each.counted.place.service): each for each in ranked}
    for shown in ranked:
        if any(_repeats(shown, by_key.get(key)) for key in _said_before(shown.counted.place)):
            result.left_out.append(LeftOut(shown.counted, "repeats another"))
        elif any(value.difference.value for value in shown.values):
            result.ranked.append(shown)
    result.ranked.sort(key=_rank)
    return result


def _at_least(sizes: Sizes, found: Sequence[Counted]) -> Sizes:
    """Rows may have arrived between two questions: there are no fewer than were counted of any key."""
    return Sizes(max((sizes.a, *(each.a for each in found))), max((sizes.b, *(each.b for each in found))))


def _order(place: Place) -> tuple[str, str, str, bool]:
    return place.where, place.service, place.key, place.field


def _rank(each: Separation) -> tuple[float, float, tuple[str, str, str, bool]]:
    return -each.score, -abs(each.values[0].difference.value), _order(each.counted.place)


def _reason(each: Counted, sizes: Sizes, asked_for: frozenset[tuple[bool, str]]) -> Reason | None:
    present = each.a + each.b
    if (each.place.field, each.place.key) in asked_for:
        return "asked for"
    # Of a single trace everything is rare.
    if present < FEWEST and min(sizes.a, sizes.b) > 1:
        return "rare"
    if each.ids >= _MOSTLY * each.distinct:
        return "ids"
    if each.times >= _MOSTLY * each.distinct:
        return "timestamps"
    if each.distinct > _MANY and each.distinct * FEWEST > present and not each.is_cut:
        return "many values"
    return None


def _separation(each: Counted, sizes: Sizes, z: float) -> Separation:
    values = [
        Separating(text, a, b, difference(a, sizes.a, b, sizes.b, z), operator, long)
        for text, a, b, operator, long in _told_apart(each, sizes)
        if a or b
    ]
    values.sort(key=_order_of_value)
    return Separation(each, sizes, tuple(values))


def _told_apart(each: Counted, sizes: Sizes) -> Iterator[tuple[str | None, int, int, Operator, bool]]:
    if each.cut is not None and each.is_cut:
        cut = each.cut
        yield cut.text, each.a - cut.a, each.b - cut.b, ">", False
        yield cut.text, cut.a, cut.b, "<=", False
    else:
        for value in each.values:
            yield value.text, value.a, value.b, "=", value.long
    yield None, sizes.a - each.a, sizes.b - each.b, "=", False


def _order_of_value(each: Separating) -> tuple[float, float, bool, float, str]:
    """Of two values that say the same, the one that `a` has more of."""
    apart = each.difference.value
    return -each.difference.sure, -abs(apart), each.text is None, -apart, each.text or ""


def _said_before(place: Place) -> Iterator[tuple[Where, str, str]]:
    """The keys that may say the same as this one does: service and instance, and those of the compared spans."""
    if not place.field:
        yield place.where, "service", place.service
        yield place.where, "instance", place.service
    if place.service:
        yield "span", place.key, ""


def _repeats(each: Separation, other: Separation | None) -> bool:
    return other is not None and other is not each and _shares(each) == _shares(other)


def _shares(separation: Separation) -> dict[str | None, tuple[float, float]]:
    sizes = separation.sizes
    return {
        each.text + each.operator: (each.a / max(1, sizes.a), each.b / max(1, sizes.b))
        for each in separation.values
        if each.text
    }
