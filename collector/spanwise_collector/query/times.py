"""Times and durations as people write them in a query."""

import re
from datetime import UTC, datetime
from typing import Final

from spanwise_collector.errors import InvalidParameter, excerpt

MAX_TIME: Final = (1 << 64) - 1
"""The highest time that OTLP can say; a sender whose clock is far ahead must still be found."""
_MAX_DURATION: Final = (1 << 63) - 1
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_DURATION: Final = re.compile(r"(\d{1,19})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h|d)?", re.ASCII)
_FRACTION: Final = re.compile(r"\.(\d+)")


def parse_duration(text: str, parameter: str) -> int:
    """Nanoseconds of `500ms`, `1.5s` or plain digits (nanoseconds); raises InvalidParameter, naming `parameter`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or (match[2] and not match[3]):
        raise InvalidParameter(
            parameter,
            f"`{parameter}` is '{excerpt(text, 40)}'; give a duration such as 500ms, 1.5s, 20us or 2m, or nanoseconds.",
        )
    unit = _UNITS[match[3] or "ns"]
    fraction = match[2] or ""
    return min(int(match[1]) * unit + int(fraction or "0") * unit // int("1" + "0" * len(fraction)), _MAX_DURATION)


def parse_time(text: str, parameter: str, now: int) -> int:
    """Nanoseconds since the epoch of RFC 3339, digits, `now`, `now-15m` or `now+1m`; raises InvalidParameter."""
    text = text.strip()
    if text == "now":
        return now
    if text.startswith("now-"):
        return max(0, now - parse_duration(text[4:], parameter))
    if text.startswith("now+"):
        return min(now + parse_duration(text[4:], parameter), MAX_TIME)
    if text.isascii() and text.isdigit():
        return min(int(text[:40]), MAX_TIME)
    try:
        return _from_rfc3339(text)
    except ValueError as error:
        raise InvalidParameter(
            parameter,
            f"`{parameter}` is '{excerpt(text, 40)}'; give RFC 3339 (2026-01-31T12:00:00Z), nanoseconds"
            " since the epoch, or now-15m.",
        ) from error


def _from_rfc3339(text: str) -> int:
    moment = datetime.fromisoformat(_FRACTION.sub("", text).replace(" ", "+"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    fraction = _FRACTION.search(text)
    nanos = int(fraction[1][:9].ljust(9, "0")) if fraction else 0
    return min(max(0, int(moment.timestamp()) * 1_000_000_000 + nanos), MAX_TIME)
