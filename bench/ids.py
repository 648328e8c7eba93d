"""Ids that look random, never repeat, and can be computed again from who sent what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

Words = NDArray[numpy.uint64]

_GOLDEN = numpy.uint64(0x9E3779B97F4A7C15)
_FIRST = numpy.uint64(0xBF58476D1CE4E5B9)
_SECOND = numpy.uint64(0x94D049BB133111EB)


def scattered(counters: Words) -> Words:
    """SplitMix64: a bijection, so different counters give different words."""
    words = (counters + numpy.uint64(1)) * _GOLDEN
    words = (words ^ (words >> numpy.uint64(30))) * _FIRST
    words = (words ^ (words >> numpy.uint64(27))) * _SECOND
    return words ^ (words >> numpy.uint64(31))


@dataclass(frozen=True, slots=True)
class Shape:
    """How many spans a body holds, and how many of them one client gives to the same trace."""

    spans: int = 512
    spans_of_trace: int = 4

    def __post_init__(self) -> None:
        if self.spans % self.spans_of_trace or not 0 < self.spans <= 1 << 12:
            raise ValueError("A body holds whole traces, and at most 4,096 spans.")

    @property
    def traces(self) -> int:
        """How many traces a body touches."""
        return self.spans // self.spans_of_trace


@dataclass(frozen=True, slots=True)
class BodyIds:
    """The ids of the `sequence`-th body of a client.

    Bodies of equal sequence from different clients hold parts of the same traces: a client's first span of
    a trace is the child of the last one of the client before it, and client 0 has the roots. `run` keeps the
    ids of two runs into one store apart.
    """

    shape: Shape
    run: int
    client: int
    sequence: int

    def traces(self) -> NDArray[numpy.uint8]:
        """One row of 16 bytes a span."""
        numbers = self._counters(self.shape.traces, salt=63)
        words = numpy.empty((self.shape.traces, 2), dtype=">u8")
        words[:, 0] = scattered(numbers)
        words[:, 1] = scattered(numbers | numpy.uint64(1 << 63))
        return words.view(numpy.uint8).reshape(-1, 16).repeat(self.shape.spans_of_trace, axis=0)

    def spans(self) -> NDArray[numpy.uint8]:
        """One row of 8 bytes a span."""
        return _rows(self._words(self.client))

    def parents(self) -> NDArray[numpy.uint8]:
        """One row of 8 bytes a span; client 0's first row of each trace means nothing: it is a root."""
        own = self._words(self.client)
        parents = numpy.empty_like(own)
        parents[1:] = own[:-1]
        step = self.shape.spans_of_trace
        if self.client:
            parents[::step] = self._words(self.client - 1)[step - 1 :: step]
        return _rows(parents)

    def trace_ids(self) -> list[str]:
        """The traces in hexadecimal, in order."""
        return [row.tobytes().hex() for row in self.traces()[:: self.shape.spans_of_trace]]

    def span_ids(self) -> list[str]:
        """The spans in hexadecimal, in order."""
        return [row.tobytes().hex() for row in self.spans()]

    def _words(self, client: int) -> Words:
        return scattered(self._counters(self.shape.spans, salt=client))

    def _counters(self, count: int, salt: int) -> Words:
        # 12 bits of index, 28 of sequence, 6 of client, 16 of run: together a number of its own.
        base = (self.run & 0xFFFF) << 46 | (salt & 0x3F) << 40 | (self.sequence & 0xFFFFFFF) << 12
        return numpy.arange(count, dtype=numpy.uint64) | numpy.uint64(base)


def _rows(words: Words) -> NDArray[numpy.uint8]:
    return words.astype(">u8").view(numpy.uint8).reshape(-1, 8)
