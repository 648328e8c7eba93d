"""Questions that do not wait for each other."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def together(asks: Sequence[Callable[[], T]]) -> list[T]:
    """What each returns, asked at the same time on the same errand.

    Where several fail, it raises what the last of `asks` raises, else the first of the others. None may hold a
    connection of the store's while it waits for another: there are few. Each may read what the errand has left when it
    is asked.
    """
    if not asks:
        return []
    *others, last = asks
    with ThreadPoolExecutor(max_workers=max(1, len(others)), thread_name_prefix="question") as pool:
        started = [pool.submit(copy_context().run, ask) for ask in others]
        answer = last()
    return [*(each.result() for each in started), answer]


def both(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """As `together`, for two that return different things."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="question") as pool:
        started = pool.submit(copy_context().run, one)
        answer = other()
    return started.result(), answer
