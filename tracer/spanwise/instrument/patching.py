"""Replacing functions of other libraries: once, visibly, and keeping their looks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_MARK = "__spanwise_original__"


def wrap(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> bool:
    """Replace `owner.name` with `make(original)`; False where it is missing or already replaced."""
    original = vars(owner).get(name)
    if original is None or not callable(original) or hasattr(original, _MARK):
        return False
    wrapper = functools.wraps(original)(make(original))
    setattr(wrapper, _MARK, original)
    setattr(owner, name, wrapper)
    return True
