"""Values of applications, made safe: whatever they are, they become something that can be kept and sent."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

MAX_DEPTH = 6
MAX_MEMBERS = 128
_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def safe_str(value: object) -> str:
    """`str(value)`, or a placeholder when the object's own method raises."""
    try:
        return str(value)
    except Exception:
        return f"<unprintable {type(value).__name__}>"


def frozen(value: object, depth: int = 0) -> Any:
    """The value as it is now: what may change later is copied, what has no OTLP type becomes text."""
    if type(value) in _PLAIN:
        return value
    if depth < MAX_DEPTH:
        try:
            if isinstance(value, Mapping):
                return {safe_str(key): frozen(member, depth + 1) for key, member in list(value.items())[:MAX_MEMBERS]}
            if isinstance(value, list | tuple | Set):
                return [frozen(member, depth + 1) for member in list(value)[:MAX_MEMBERS]]
        except Exception:
            return safe_str(value)  # mappings and proxies of applications may raise when they are looked into
    return safe_str(value)


def frozen_attributes(attributes: Mapping[str, object]) -> dict[str, Any]:
    """Attributes whose values are all frozen; those without a name are left out."""
    return {key: value if type(value) in _PLAIN else frozen(value) for key, value in attributes.items() if key}
