"""Metrics as they are shown: names, and series over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MetricKind = Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]
KINDS: Final[dict[int, MetricKind]] = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponential_histogram", 11: "summary"}
DELTA: Final = 1


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that was seen."""

    name: str
    kind: MetricKind
    unit: str
    description: str
    services: Sequence[str]
    point_count: int


@dataclass(frozen=True, slots=True)
class Point:
    """A series over one step of time: `value` of gauges and sums, `count` and `sum` of the other kinds."""

    time: int
    value: float | None
    count: int | None
    sum: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one metric with the same service, instance and attributes, oldest first."""

    service: str
    instance: str
    attributes: Mapping[str, str]
    points: Sequence[Point]
