"""Text of any object, without exceptions."""

from __future__ import annotations


def safe_str(value: object) -> str:
    """`str(value)`, or a placeholder when the object's own method raises."""
    try:
        return str(value)
    except Exception:
        return f"<unprintable {type(value).__name__}>"
