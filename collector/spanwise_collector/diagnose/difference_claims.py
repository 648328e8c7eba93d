"""What differs between two sets, in words."""

from typing import Final

from spanwise_collector.diagnose.call_changes import Change, Kind
from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.separation import Separating, Separation

_SENTENCES: Final[dict[Kind, str]] = {
    "new": "{name} is called in {a.present:.0%} of A and never in B.",
    "gone": "{name} is called in {b.present:.0%} of B and never in A.",
    "failing more": "{name} fails in {a.failed:.0%} of its calls in A, {b.failed:.0%} in B.",
    "failing less": "{name} fails in {a.failed:.0%} of its calls in A, {b.failed:.0%} in B.",
    "slower": "{name} takes {time_a} a call by itself in A, {time_b} in B.",
    "faster": "{name} takes {time_a} a call by itself in A, {time_b} in B.",
    "called more often": "{name} is called {a.calls:.3g} times in A, {b.calls:.3g} in B.",
    "called less often": "{name} is called {a.calls:.3g} times in A, {b.calls:.3g} in B.",
}


def change_claim(change: Change) -> str:
    """What changed most at a place, with its figures; "" where nothing did."""
    if not change.kinds:
        return ""
    return _SENTENCES[change.kinds[0]].format(
        name=f"{change.spot.operation} of {change.spot.service}",
        a=change.a,
        b=change.b,
        time_a=duration(change.a.self_time),
        time_b=duration(change.b.self_time),
    )


def separation_claim(separation: Separation, value: Separating, term: str) -> str:
    """How often either set has a value."""
    place = separation.counted.place
    where = f"a span of {place.service} with {term}" if place.service else term
    share_a, share_b = (n / max(1, of) for n, of in ((value.a, separation.sizes.a), (value.b, separation.sizes.b)))
    return f"{share_a:.0%} of A have {where}, {share_b:.0%} of B."
