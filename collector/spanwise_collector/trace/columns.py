"""A trace as columns: its spans as arrays, for traces that are too large for an object a span."""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

U64: TypeAlias = NDArray[np.uint64]
I64: TypeAlias = NDArray[np.int64]
I32: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]
N = TypeVar("N", np.uint64, np.int64)
Rows: TypeAlias = NDArray[np.int64]
"""Places of rows in other columns; -1 is none."""


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """What trees are made of; all columns are as long, in any order.

    Ids are read as big-endian numbers, 0 is none. `start` and `end` are ns since the epoch as they were sent. `name`,
    `service` and `instance` are places in lists of texts that are sorted, so that they compare as the texts do.
    """

    id: U64
    parent_id: U64
    start: U64
    end: U64
    kind: I32
    name: Rows
    service: Rows
    instance: Rows

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: Rows) -> "SpanColumns":
        """These rows in this order."""
        return SpanColumns(
            self.id[rows],
            self.parent_id[rows],
            self.start[rows],
            self.end[rows],
            self.kind[rows],
            self.name[rows],
            self.service[rows],
            self.instance[rows],
        )

    @property
    def duration(self) -> U64:
        """Nanoseconds from start to end; 0 where the clock went back or the span has not ended."""
        return np.where(self.end > self.start, self.end - self.start, np.uint64(0))


def ancestors(parent: Rows) -> Rows:
    """`parent` with a last row that stands for what is above the roots: its own parent, and that of every root."""
    above = np.append(parent, -1)
    above[above < 0] = len(parent)
    return above


def in_groups(keys: Rows) -> Rows:
    """The rows in order of their keys, those of one key as they stand; keys are below the number of rows."""
    # One number for both sorts several times as fast as a stable sort of places does.
    both = keys * len(keys) + np.arange(len(keys))
    both.sort()
    rows: Rows = both % len(keys)
    return rows


def groups(sorted_keys: Rows) -> tuple[Mask, Rows]:
    """Of keys in order: which are the first of their value, and where the run of each begins."""
    first = np.ones(len(sorted_keys), dtype=np.bool_)
    first[1:] = sorted_keys[1:] != sorted_keys[:-1]
    begins = np.flatnonzero(first)
    return first, np.repeat(begins, np.diff(np.append(begins, len(sorted_keys))))


def most_before(first: Mask, values: NDArray[N]) -> NDArray[N]:
    """The greatest of the values before each in its group; of the first of a group anything."""
    if not len(values):
        return values
    ranked = np.argsort(values, kind="stable")
    rank = np.empty_like(ranked)
    rank[ranked] = np.arange(len(values))
    # Ranks that grow from group to group: the greatest of all before is of the own group, where it has one.
    most = np.maximum.accumulate((np.cumsum(first) - 1) * len(values) + rank)
    before: NDArray[N] = values[ranked[np.append(0, most[:-1]) % len(values)]]
    return before
