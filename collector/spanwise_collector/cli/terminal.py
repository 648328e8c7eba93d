"""Text for a terminal: colours where one shows them, and nothing of telemetry that would steer it."""

import os
import re
import sys
from datetime import UTC, datetime
from typing import Final
from zlib import crc32

# All but the end of a line, tabs and our own colours: controls, and what turns the direction of text around.
_STEERING: Final = re.compile(
    "\x1b(?!\\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# Bright and plain colours that are told apart on light and dark grounds; red is for errors.
_SERVICE_COLOURS: Final = ("36", "35", "34", "33", "32", "96", "95", "94", "93", "92")


def write(text: str) -> None:
    """Print lines: whatever the collector answered, colours are all that they do to the terminal."""
    sys.stdout.write(_STEERING.sub(lambda found: _written_out(found[0]), text) + "\n")


def coloured(service: str, text: str) -> str:
    return styled(_SERVICE_COLOURS[crc32(service.encode()) % len(_SERVICE_COLOURS)], text)


def styled(code: str, text: str) -> str:
    """Text in a colour or weight of the terminal, by its number; plain where none shows it."""
    return f"\033[{code}m{text}\033[0m" if colours() else text


def colours() -> bool:
    """Whether the output is a terminal that shows colours, and they are wanted."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain(text: str) -> str:
    """What telemetry says, every character that would steer the terminal written out."""
    return "".join(each if each.isprintable() else _written_out(each) for each in text)


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()


def moment(nanoseconds: int) -> str:
    """A time since the epoch, to the millisecond."""
    return _time(nanoseconds, f".{nanoseconds // 10**6 % 1000:03d}")


def second(nanoseconds: int) -> str:
    """A time since the epoch, to the second."""
    return _time(nanoseconds, "")


def _time(nanoseconds: int, fraction: str) -> str:
    try:
        return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%d %H:%M:%S}{fraction}Z"
    except (OverflowError, ValueError, OSError):
        # Past the year 9999.
        return str(nanoseconds)


def duration(nanoseconds: int) -> str:
    for size, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "µs")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:,.2f} {unit}"
    return f"{nanoseconds} ns"
