"""The time of a log record, as loggers write it, in nanoseconds since the epoch."""

import calendar
import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_CLOCK: Final = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:[.,](?P<f>\d{1,9})\d*)?"
_ZONE: Final = r"(?: ?(?P<z>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?![\w:]))?"
_ISO: Final = re.compile(
    rf"(?P<Y>\d{{4}})[-/](?P<M>\d\d)[-/](?P<D>\d\d)(?:[Tt ]|\s\|\s){_CLOCK}{_ZONE}", re.IGNORECASE | re.ASCII
)
# Of access logs, and with other signs in between of Django's server, Tomcat, Redis.
_COMMON_LOG: Final = re.compile(
    rf"(?P<D>\d\d)[/ -](?P<N>[A-Za-z]{{3}})[/ -](?P<Y>\d{{4}})[: ]{_CLOCK}{_ZONE}", re.ASCII
)
_KLOG: Final = re.compile(rf"[IWEF](?P<M>\d\d)(?P<D>\d\d) {_CLOCK}(?= )", re.ASCII)
_CTIME: Final = re.compile(
    rf"(?:[A-Za-z]{{3}}, (?P<D>\d\d?) (?P<N>[A-Za-z]{{3}}) (?P<Y>\d{{4}})) {_CLOCK}{_ZONE}"
    rf"|[A-Za-z]{{3}} (?P<N2>[A-Za-z]{{3}}) [ ]?(?P<D2>\d\d?) "
    rf"{_CLOCK.replace('<h>', '<h2>').replace('<m>', '<m2>').replace('<s>', '<s2>').replace('<f>', '<f2>')}"
    r" (?P<Y2>\d{4})",
    re.ASCII,
)
SYSLOG_TIME: Final = re.compile(rf"(?P<N>[A-Za-z]{{3}}) (?P<D>[ \d]?\d) {_CLOCK}(?= |:|$)", re.ASCII)
_PATTERNS: Final = (_ISO, _COMMON_LOG, _CTIME, SYSLOG_TIME, _KLOG)
# Redis writes its process and role before the time.
_LEADING: Final = re.compile(r"(?:\d{1,10}:[A-Z] )?[\[(<\"']?(?=[\dA-Z])")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")
_MOST: Final = 2**63
_HALF_YEAR: Final = 183 * 86400


def time_of(value: Any, zone: tzinfo = UTC) -> int:
    """Nanoseconds since the epoch of a time as text or number; 0 where it is none.

    A number counts seconds, milli-, micro- or nanoseconds, which its size tells apart for times after 1973. A time
    without a zone is one of `zone`; one without a year is the nearest to now.
    """
    if isinstance(value, str):
        return _of_text(value.strip(), zone)
    return _epoch(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _of_text(text: str, zone: tzinfo) -> int:
    for pattern in _PATTERNS:
        if (match := pattern.fullmatch(text)) is not None:
            return _built(match, zone)
    if len(text) > 32 or not _NUMBER.fullmatch(text):
        return 0
    whole, _, fraction = text.partition(".")
    if len(whole) < 12:
        return int(whole) * 10**9 + int(fraction[:9].ljust(9, "0"))
    return _epoch(float(text) if fraction else int(whole))


def time_in(line: str, zone: tzinfo = UTC) -> int:
    """The time that a line begins with, or that stands in brackets as in web servers' access logs; else 0."""
    if (start := _LEADING.match(line)) is not None:
        for pattern in _PATTERNS:
            if (match := pattern.match(line, start.end())) is not None:
                return _built(match, zone)
    bracket = line.find("[", 0, 256)
    if bracket >= 0 and (match := _COMMON_LOG.match(line, bracket + 1)) is not None:
        return _built(match, zone)
    return 0


def _epoch(value: int | float) -> int:
    if not 0 < value < 2**63:  # nor for NaN
        return 0
    for limit, factor in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3), (float("inf"), 1)):
        if value < limit:
            # Through whole units first: a float of seconds has about 100 ns of resolution to lose.
            whole = int(value)
            return whole * factor + (round((value - whole) * factor) if isinstance(value, float) else 0)
    return 0


def _built(match: re.Match[str], zone: tzinfo) -> int:
    part = {key.rstrip("2"): text for key, text in match.groupdict().items() if text is not None}
    try:
        month = int(part["M"]) if "M" in part else _MONTHS[part["N"].lower()]
        clock = int(part["h"]), int(part["m"]), min(59, int(part["s"]))
        where = _zone_in(part.get("z"), zone)
        year = int(part["Y"]) if "Y" in part else _nearest_year(month, int(part["D"]), where)
        seconds = datetime(year, month, int(part["D"]), *clock, tzinfo=where) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, KeyError, OverflowError):
        return 0
    found = (seconds.days * 86400 + seconds.seconds) * 10**9 + int(part.get("f", "").ljust(9, "0"))
    return found if 0 < found < _MOST else 0


def _nearest_year(month: int, day: int, zone: tzinfo) -> int:
    now = datetime.fromtimestamp(time.time(), zone)
    for year in (now.year, now.year - 1, now.year + 1):
        try:
            if abs((datetime(year, month, day, tzinfo=zone) - now).total_seconds()) <= _HALF_YEAR:
                return year
        except ValueError:  # the 29th of February
            continue
    return now.year


def _zone_in(text: str | None, default: tzinfo) -> tzinfo:
    if text is None:
        return default
    match = _OFFSET.fullmatch(text)
    return UTC if match is None else _fixed(match)


def _fixed(match: re.Match[str]) -> tzinfo:
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(offset if match[1] == "+" else -offset)
