"""A comparison as the API shows it."""

from spanwise_collector.api.compare_models import (
    CallPlace,
    CallTree,
    ComparedSet,
    Comparison,
    LeftOutKey,
    PlaceFigures,
    SeparatingKey,
    SeparatingValue,
    Separations,
    Split,
)
from spanwise_collector.diagnose.call_changes import Change, Figures
from spanwise_collector.diagnose.difference_claims import change_claim, separation_claim
from spanwise_collector.diagnose.separation import LeftOut, Place, Separating, Separation, Sizes
from spanwise_collector.query.compare import Compared
from spanwise_collector.query.compare_sample import Sample
from spanwise_collector.query.language.tree import Key
from spanwise_collector.query.language.write import key_text, name_of, value_text

_MOST_LEFT_OUT = 500
_MOST_VALUES = 10
_DIGITS = 6


def comparison(found: Compared, split: Split, most_keys: int, most_places: int) -> Comparison:
    """The answer, with at most so many keys and places of the tree."""
    ranked, left_out = found.separated.ranked, found.separated.left_out
    keys = [_key(each) for each in ranked[:most_keys]]
    places = _places(found.changes, most_places)
    return Comparison(
        split=split,
        summary=_summary(found, keys, places),
        threshold=found.asked.threshold,
        usual=found.asked.usual,
        a=_set(found.a, found.subjects[0]),
        b=_set(found.b, found.subjects[1]),
        attributes=Separations(
            returned=len(keys),
            total=len(ranked),
            reason="end" if len(keys) == len(ranked) else "limit",
            tests=found.separated.tests,
            keys=keys,
            left_out=[_left_out(each) for each in left_out[:_MOST_LEFT_OUT]],
            left_out_total=len(left_out),
        ),
        calls=CallTree(
            returned=len(places),
            total=len(found.changes),
            reason="end" if len(places) == len(found.changes) else "limit",
            places=places,
        ),
    )


def _summary(found: Compared, keys: list[SeparatingKey], places: list[CallPlace]) -> str:
    if not found.a.matched or not found.b.matched:
        empty = "A" if not found.a.matched else "B"
        return f"There is nothing in {empty}, so nothing can be compared."
    sentences = [f"{found.a.matched:,} {'span' if found.a.matched == 1 else 'spans'} against {found.b.matched:,}."]
    if keys and keys[0].score:
        sentences.append(keys[0].claim)
    if places and places[0].share:
        sentences.append(f"{places[0].claim} That is {places[0].share:.0%} of the difference.")
    if len(sentences) == 1:
        sentences.append("Nothing tells them apart that may not be chance.")
    return " ".join(sentences)


def _set(drawn: Sample, trees: int) -> ComparedSet:
    return ComparedSet(
        start_time_unix_nano=drawn.rows.start,
        end_time_unix_nano=drawn.rows.end,
        matched=drawn.matched,
        looked_at=drawn.heads,
        trees=trees,
        duration=drawn.duration // drawn.matched if drawn.matched else None,
        failed=drawn.failed,
    )


def _name(place: Place) -> str:
    return place.key if place.field else name_of("spans", Key("plain", place.key))


def _key(each: Separation) -> SeparatingKey:
    place, best = each.counted.place, each.values[0]
    term = _term(place, best)
    return SeparatingKey(
        key=_name(place),
        where=place.where,
        service=place.service or None,
        score=round(each.score, _DIGITS),
        claim=separation_claim(each, best, term or f"{_name(place)}:{best.text}…"),
        distinct=each.counted.distinct,
        values=[_value(place, value, each.sizes) for value in each.values[:_MOST_VALUES]],
    )


def _term(place: Place, value: Separating) -> str | None:
    name = key_text(_name(place))
    if value.text is None:
        return f"-{name}:*"
    if value.operator != "=":
        return f"{name}{value.operator}{value.text}"
    return None if value.long else f"{name}:{value_text(value.text)}"


def _value(place: Place, each: Separating, sizes: Sizes) -> SeparatingValue:
    return SeparatingValue(
        value=each.text,
        operator=each.operator,
        term=_term(place, each),
        a=each.a,
        b=each.b,
        share_a=round(each.a / max(1, sizes.a), _DIGITS),
        share_b=round(each.b / max(1, sizes.b), _DIGITS),
        difference=round(each.difference.value, _DIGITS),
        low=round(each.difference.low, _DIGITS),
        high=round(each.difference.high, _DIGITS),
    )


def _left_out(each: LeftOut) -> LeftOutKey:
    counted = each.counted
    return LeftOutKey(
        key=_name(counted.place),
        where=counted.place.where,
        service=counted.place.service or None,
        reason=each.reason,
        distinct=counted.distinct,
        a=counted.a,
        b=counted.b,
    )


def _places(changes: list[Change], most: int) -> list[CallPlace]:
    """Those with the greatest share, each with all that is above it, as many as there is room for."""
    order = sorted(range(len(changes)), key=lambda number: (-changes[number].share, number))
    kept: set[int] = set()
    for number in order:
        chain: list[int] = []
        above: int | None = number
        while above is not None and above not in kept:
            chain.append(above)
            above = changes[above].spot.parent
        if len(kept) + len(chain) > most:
            break
        kept.update(chain)
    return [_place(number, changes[number]) for number in order if number in kept]


def _place(number: int, change: Change) -> CallPlace:
    spot = change.spot
    return CallPlace(
        id=number,
        parent=spot.parent,
        depth=spot.depth,
        service=spot.service,
        operation=spot.operation,
        a=_figures(change.a),
        b=_figures(change.b),
        changes=change.kinds,
        claim=change_claim(change),
        share=round(change.share, _DIGITS),
        share_of_time=round(change.share_of_time, _DIGITS),
        share_of_failures=round(change.share_of_failures, _DIGITS),
    )


def _figures(given: Figures) -> PlaceFigures:
    return PlaceFigures(
        present=round(given.present, _DIGITS),
        calls=round(given.calls, _DIGITS),
        duration=round(given.duration),
        self_time=round(given.self_time),
        failed=round(given.failed, _DIGITS),
    )
