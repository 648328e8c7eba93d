"""Severity of a log record: every usual word and number as OpenTelemetry's number."""

import re
from typing import Any, Final

from spanwise_collector.model.severity import SPELLINGS

SYSLOG: Final = (21, 19, 18, 17, 13, 10, 9, 5)
"""By syslog's numbers 0 (emergency) to 7 (debug), as OpenTelemetry's data model maps them."""
_LEVELNO_NAMES: Final = frozenset(("levelno", "level_number"))
_NUMBER_NAMES: Final = frozenset(("severity_number", "severitynumber"))
_GOOGLE: Final = {100: 5, 200: 9, 250: 10, 300: 10, 400: 13, 500: 17, 550: 19, 600: 18, 700: 19, 800: 21}

# In text: `level=info`, `"level":"info"`, a word in capitals or brackets near the beginning, klog's first letter.
_NAMED: Final = re.compile(
    r"\b(?:level|lvl|severity|levelname|loglevel)[\"'\\]{0,4}\s?[=:]\s?[\"'\\]{0,4}([a-z]{3,13})\b", re.IGNORECASE
)
_FIRST: Final = re.compile(
    r"(trace|debug|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal|trce|dbug|fail):"
)
# A search: what nearly every place of a text fails stands first.
_WORD: Final = re.compile(
    r"\b(?=[A-Z]{3})(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|ALERT|FATAL|PANIC|EMERG|LOG(?=:)"
    r"|TRC|VRB|DBG|INF|WRN|ERR|CRIT|FTL)\b"
    r"|[\[<(](trace|debug|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal)[\]>):]",
)
# Short words of .NET's console, which mean something else in other places.
_CONSOLE: Final = {"trce": 1, "fail": 17}
_REDIS: Final = re.compile(r"\d+:[A-Z] [\w :]{11,21}\.\d{3} ([.*#-]) ")
_REDIS_SIGNS: Final = {".": 5, "-": 9, "*": 10, "#": 13}
_KLOG: Final = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d")
_TRACEBACK: Final = re.compile(r"Traceback \(most recent call last\):|^panic: |^Exception in thread ", re.MULTILINE)
_NEAR: Final = 160


def severity_of(value: Any, name: str = "level") -> int:
    """OpenTelemetry's number (1 to 24) for a level as any logger writes it; 0 where it says nothing.

    Numbers: 0 to 7 are syslog's, 10 to 60 those of pino and Bunyan; where the name is `levelno`, Python's; from 100 on
    Google Cloud's, where the name says so OpenTelemetry's own.
    """
    if isinstance(value, str):
        text = value.strip().strip("[]<>()").lower()
        if text in SPELLINGS:
            return SPELLINGS[text]
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            return 0
        value = int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1000:
        return 0
    return _number(int(value), name.lower())


def severity_in(text: str) -> tuple[int, str]:
    """The number and the word of the severity that a line names; (0, "") where it names none."""
    near = text[:_NEAR]
    for look in (_NAMED.search, _KLOG.match, _FIRST.match, _WORD.search):
        if (match := look(near)) is None:
            continue
        word = match[match.lastindex or 0]
        if number := severity_of(word) or _CONSOLE.get(word, 0):
            return number, word
    if (match := _REDIS.match(near)) is not None:
        return _REDIS_SIGNS[match[1]], ""
    return (17, "") if _TRACEBACK.search(text) else (0, "")


def _number(value: int, name: str) -> int:
    if name in _NUMBER_NAMES:
        return value if value <= 24 else 0
    if name in _LEVELNO_NAMES:
        return min(21, 1 if value < 10 else {1: 5, 2: 9, 3: 13, 4: 17}.get(value // 10, 18))
    if value < 8:
        return SYSLOG[value]
    if value < 100:
        return {0: 1, 1: 1, 2: 5, 3: 9, 4: 13, 5: 17}.get(value // 10, 21)
    return _GOOGLE.get(value, 0)
