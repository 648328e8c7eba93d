"""Numbers as people write them, with units of time and size."""

import math
import re
from decimal import Decimal
from typing import Final

DURATIONS: Final = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}  # fmt: skip
SIZES: Final = {
    "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20,
    "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
NUMBER: Final = r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?"
"""A number in a text, for Python and for RE2."""
_QUANTITY: Final = re.compile(rf"({NUMBER})([^\W\d_]*)")
_MOST: Final = 2**64


def unit_of(text: str) -> str | None:
    """The letters after a number; None where the text is no number with letters after it."""
    match = _QUANTITY.fullmatch(text)
    return match[2] if match else None


def quantity(text: str, *tables: dict[str, int]) -> int | float | None:
    """The number that a text is, in the unit of the table that has its unit; None where it is none.

    Whole numbers below 2^64 stay exact.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    factor = 1 if not match[2] else next((table[match[2]] for table in tables if match[2] in table), None)
    if factor is None:
        return None
    exact = Decimal(match[1]) * factor
    if exact == exact.to_integral_value() and abs(exact) < _MOST:
        return int(exact)
    value = float(exact)
    return value if math.isfinite(value) else None
