"""Two shares beside each other: how far apart they are, and how sure that is."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

_DIGITS: Final = 9
"""Rounded so far, equal differences are equal, whatever floating point makes of them."""
_ODDS: Final = 0.05
"""With which odds one of all the differences that are looked at may be chance."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The share of `a` of `n_a` less that of `b` of `n_b`, from -1 to 1, and the interval that it lies in."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> float:
        """How far apart the shares are at least, from 0 to 1; 0 where it may be chance."""
        return round(max(0.0, self.low, -self.high), _DIGITS)


def confidence(tests: int) -> float:
    """How many standard errors an interval must be wide where so many are looked at (Bonferroni)."""
    return NormalDist().inv_cdf(1 - _ODDS / (2 * max(1, tests)))


def difference(a: int, n_a: int, b: int, n_b: int, z: float) -> Difference:
    """The difference of two shares with its interval (Newcombe 1998, method 10: from two Wilson intervals)."""
    share_a, low_a, high_a = _wilson(a, n_a, z)
    share_b, low_b, high_b = _wilson(b, n_b, z)
    value = round(share_a - share_b, _DIGITS)
    return Difference(
        value,
        value - math.hypot(share_a - low_a, high_b - share_b),
        value + math.hypot(high_a - share_a, share_b - low_b),
    )


def _wilson(found: int, of: int, z: float) -> tuple[float, float, float]:
    """A share with its interval (Wilson 1927), which holds for few rows and for shares near 0 and 1 too."""
    if not of:
        return 0.0, 0.0, 1.0
    share = found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    width = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return share, max(0.0, middle - width), min(1.0, middle + width)
