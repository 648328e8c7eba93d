"""How severities are spelled: the one list, for what is read in Python and for what is read in SQL."""

from typing import Final

SEVERITY_OF_ERRORS: Final = 17
"""The least number of what OpenTelemetry calls ERROR; FATAL is above it."""

SPELLINGS: Final[dict[str, int]] = {
    "trace": 1, "trc": 1, "t": 1, "finest": 1, "finer": 1, "verbose": 1, "v": 1, "vrb": 1, "silly": 1, "spam": 1,
    "debug": 5, "dbug": 5, "dbg": 5, "d": 5, "fine": 5, "config": 5, "deb": 5,
    "info": 9, "inf": 9, "i": 9, "information": 9, "informational": 9, "default": 9, "log": 9, "http": 9,
    "notice": 10, "success": 10, "n": 10,
    "warn": 13, "warning": 13, "wrn": 13, "w": 13,
    "error": 17, "err": 17, "eror": 17, "e": 17, "severe": 17, "exception": 17, "failure": 17,
    "critical": 18, "crit": 18, "dpanic": 18, "c": 18,
    "alert": 19, "a": 19, "panic": 21,
    "fatal": 21, "ftl": 21, "f": 21, "emerg": 21, "emergency": 21,
    # The short names of OpenTelemetry's data model.
    **{
        f"{word}{more + 1}": number + more
        for word, number in (("trace", 1), ("debug", 5), ("info", 9), ("warn", 13), ("error", 17), ("fatal", 21))
        for more in (1, 2, 3)
    },
}  # fmt: skip
"""OpenTelemetry's number (1 to 24) by the word, in small letters."""
