"""Values of applications, made safe: whatever they are, they become something that can be kept and sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

MAX_DEPTH = 6
MAX_MEMBERS = 128
MAX_VALUES = 1024
_LEFT_OUT = "…"
_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def safe_str(value: object) -> str:
    """`str(value)`, or a placeholder when the object's own method raises."""
    try:
        return str(value)
    except Exception:
        return f"<unprintable {type(value).__name__}>"


def printable(text: str) -> str:
    """Text of a server as one line: what would steer a log or a terminal becomes spaces."""
    return "".join(each if each.isprintable() else " " for each in text)


def frozen(value: object) -> Any:
    """The value as it is now: what may change later is copied, what has no OTLP type becomes text.

    Of what is nested at most MAX_DEPTH levels and MAX_VALUES values are looked at: what holds itself, or many that hold
    each other, would have no end.
    """
    return value if type(value) in _PLAIN else _Copy().of(value, 0)


class _Copy:
    """One value being copied; `room` is for how many more there is."""

    __slots__ = ("_room",)

    def __init__(self) -> None:
        self._room = MAX_VALUES

    def of(self, value: object, depth: int) -> Any:
        if type(value) in _PLAIN:
            return value
        try:
            if isinstance(value, Mapping):
                return {safe_str(k): self.of(v, depth + 1) for k, v in self._some(value.items(), depth)}
            if isinstance(value, list | tuple | Set):
                return [self.of(member, depth + 1) for member in self._some(value, depth)]
        except _TooMuch:
            return _LEFT_OUT
        except Exception:
            return safe_str(value)  # mappings and proxies of applications may raise when they are looked into
        return safe_str(value)

    def _some(self, members: Iterable[Any], depth: int) -> list[Any]:
        """The first members. Not the text of the whole: that of things which hold each other may have no end either."""
        found = list(members)[:MAX_MEMBERS]
        if depth >= MAX_DEPTH or (found and self._room <= 0):
            raise _TooMuch
        self._room -= len(found)
        return found


class _TooMuch(Exception):
    """What is nested here is left out."""


def frozen_attributes(attributes: Mapping[str, object]) -> dict[str, Any]:
    """Attributes whose values are all frozen; those without a name are left out."""
    return {key: value if type(value) in _PLAIN else frozen(value) for key, value in attributes.items() if key}
