"""What is repeated inside an item weighs for the store, whatever of OTLP it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.receive.weight import weigh
from spanwise_collector.spool import Signal


def repeated(message: Descriptor, seen: set[str]) -> Iterator[tuple[str, int]]:
    """Every list of messages in a message and in those inside it: its name and its number."""
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    for field in message.fields:
        if field.message_type is not None:
            if field.is_repeated:
                yield field.full_name, field.number
            yield from repeated(field.message_type, seen)


INSIDE = [
    pytest.param(signal, number, id=name)
    for signal, item in ((Signal.TRACES, Span), (Signal.LOGS, LogRecord), (Signal.METRICS, Metric))
    for name, number in repeated(item.DESCRIPTOR, set())
]


@pytest.mark.parametrize(("signal", "number"), INSIDE)
def test_an_empty_one_weighs_hundreds_of_its_bytes(signal: Signal, number: int) -> None:
    empty = bytes([number << 3 | 2, 0]) * 1000
    assert weigh(signal, empty) > 100 * len(empty)
