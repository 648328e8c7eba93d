"""A body whose items would take the store gigabytes is stored all the same, in portions."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from spanwise_collector.errors import BodyTooLarge
from spanwise_collector.receive import portions as cut
from spanwise_collector.receive.check import REQUESTS, check
from spanwise_collector.receive.portions import HEAVIEST, PORTION, Portion, portions
from spanwise_collector.receive.slices import HEAVIEST_ITEM, LARGEST_PART
from spanwise_collector.receive.weight import weigh
from spanwise_collector.spool import Signal
from spanwise_collector.spool.writer import Limits

from bench.bodies import Bodies
from bench.logs import LogBodies
from tests.collector.process import process
from tests.collector.receive.factories import logs, record, span, traces
from tests.collector.receive.test_bombs import in_scope, inside

OURS = 1000
CHILDREN = {"resource_spans", "scope_spans", "spans", "resource_logs", "scope_logs", "log_records"}
CHILDREN |= {"resource_metrics", "scope_metrics", "metrics", "data_points"}


def metrics(count: int) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add(schema_url="of the resource")
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = resource.scope_metrics.add(schema_url="of the scope")
    for name in ("first", "second"):
        points = scope.metrics.add(name=name, unit="s").sum
        points.is_monotonic = True
        for number in range(count):
            points.data_points.add(time_unix_nano=number + 1, as_int=number)
    return request


def all_items(message: Any, around: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Each item in the text of all that is around it."""
    found, own, children = [], "", []
    for field, value in message.ListFields():
        if field.name in CHILDREN:
            children += list(value)
        elif field.name == "sum":
            children.append(value)
        elif field.number < OURS:
            own += f"{field.name} {value}"
    for child in children:
        leaf = type(child).__name__ in ("Span", "LogRecord", "NumberDataPoint")
        found += [(*around, own, str(child))] if leaf else all_items(child, (*around, own))
    return found


SHAPES: dict[str, tuple[Signal, Any]] = {
    "spans": (Signal.TRACES, traces(*(span(number) for number in range(1, 300)))),
    "records": (Signal.LOGS, logs(*(record(f"line {number}") for number in range(300)))),
    "points": (Signal.METRICS, metrics(150)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("portion", [1, 5_000, 60_000, 10**9])
def test_every_item_is_in_one_portion_with_what_is_around_it(
    shape: str, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal, request = SHAPES[shape]
    # Resources of many items, of one, and of none.
    request = type(request).FromString(request.SerializeToString() * 2 + inside(1, b""))
    monkeypatch.setattr(cut, "PORTION", portion)
    checked = check(signal, request.SerializeToString())
    made = list(portions(signal, checked.body, checked.weight))
    assert [item for each in made for item in all_items(REQUESTS[signal].FromString(each.body))] == all_items(request)
    assert len({each.body for each in made}) == len(made)
    assert made == list(portions(signal, checked.body, checked.weight))
    one = max(check(signal, each.body).weight for each in made)
    assert one <= max(portion, 1_600) * 1.5
    assert all(check(signal, each.body).items for each in made)


def test_a_body_that_the_store_can_take_stays_as_it_came() -> None:
    body = traces(*(span(number) for number in range(1, 513))).SerializeToString()
    checked = check(Signal.TRACES, body)
    assert list(portions(Signal.TRACES, body, checked.weight)) == [Portion(body, checked.weight)]
    assert checked.weight < PORTION / 50


@pytest.mark.parametrize(
    ("signal", "body", "least"),
    [
        # Above and below the size from which a body is checked in slices; resources before and after what they hold.
        (Signal.LOGS, in_scope(inside(2, b"") * 100_000), 70 << 20),
        (Signal.LOGS, in_scope(inside(2, b"") * 1_000_000), 700 << 20),
        # What is inside items: two million empty attributes took 720 MiB.
        (Signal.LOGS, in_scope(inside(2, b"\x12\0" + inside(6, b"") * 100_000) * 4), 100 << 20),
        (Signal.LOGS, inside(1, inside(1, inside(1, b"") * 1000) + inside(2, b"\x12\0" * 2000)), 500 << 20),
        (Signal.METRICS, in_scope(inside(2, inside(5, inside(1, inside(7, b"") * 100_000) * 8))), 200 << 20),
        (
            Signal.LOGS,
            inside(1, inside(1, inside(1, inside(1, b"k" * 65536))) + inside(2, b"\x12\0" * 20_000)),
            1 << 30,
        ),
        (Signal.LOGS, inside(1, inside(2, b"\x12\0" * 6000) + inside(1, inside(1, inside(1, b"k" * 2**20)))), 5 << 30),
        (Signal.LOGS, inside(1, inside(1, inside(1, inside(1, b"k" * 2**19))) + inside(2, b"\x12\0") * 9000), 4 << 30),
        (
            Signal.METRICS,
            inside(1, inside(2, inside(2, inside(3, b"s" * 2**17) + inside(5, b"\x0a\0" * 9000)))),
            1 << 30,
        ),
    ],
    ids=[
        "records",
        "many records",
        "attributes",
        "attributes of a resource",
        "attributes of points",
        "a large resource",
        "a resource at the end",
        "many scopes",
        "a unit",
    ],
)
def test_the_weight_of_a_body_is_what_its_items_are_with_all_around_them(
    signal: Signal, body: bytes, least: int
) -> None:
    checked = check(signal, body)
    assert least <= checked.weight < 3 * least
    if checked.weight <= HEAVIEST:
        made = list(portions(signal, body, checked.weight))
        assert sum(check(signal, each.body).items for each in made) == checked.items
        assert max(each.weight for each in made) <= PORTION
        assert max(len(each.body) for each in made) <= LARGEST_PART + 2**17


ATTRIBUTES, TEXT, SCHEMA = inside(1, b"") * 100_000, inside(1, inside(1, b"k" * 900_000)), inside(3, b"s" * 900_000)
# Around the scope, and in it around the spans.
LARGE = {
    "attributes of a resource": (inside(1, ATTRIBUTES), b""),
    "text of a resource": (inside(1, TEXT), b""),
    "schema of a resource": (SCHEMA, b""),
    "attributes of a scope": (b"", inside(1, inside(3, b"") * 100_000)),
    "schema of a scope": (b"", SCHEMA),
}


@pytest.mark.parametrize("items", [2, 15, 16])
@pytest.mark.parametrize("what", LARGE)
def test_what_is_around_few_items_counts_for_each_of_them(what: str, items: int) -> None:
    """180,000 empty attributes around 15 spans counted once, and no memory was enough for a segment of such bodies."""
    resource, scope = LARGE[what]
    body = inside(1, resource + inside(2, scope + inside(2, span().SerializeToString()) * items))
    alone = weigh(Signal.TRACES, resource + scope)
    assert 0.99 * items * alone < check(Signal.TRACES, body).weight < (items + 2) * alone


def test_few_points_of_a_metric_count_its_metadata_each() -> None:
    metric = inside(12, inside(1, b"k")) * 100_000 + inside(5, inside(1, b"") * 15)
    body = inside(1, inside(2, inside(2, metric)))
    assert check(Signal.METRICS, body).weight > 15 * 36_000_000


def test_a_resource_for_which_there_is_no_memory_even_beside_one_item_is_refused() -> None:
    body = inside(1, inside(1, inside(1, b"") * 900_000) + inside(2, inside(2, span().SerializeToString())))
    with pytest.raises(BodyTooLarge, match=f"with its resource and scope takes 2.* at most {HEAVIEST_ITEM} are taken"):
        list(portions(Signal.TRACES, body, check(Signal.TRACES, body).weight))


ARRAY = inside(9, inside(2, inside(5, inside(1, b"") * 500_000)))
HALF_A_MILLION = {"attributes": inside(9, b"") * 500_000, "events": inside(11, b"") * 500_000}
HALF_A_MILLION |= {"links": inside(13, b"") * 500_000, "an array": ARRAY}
HALF_A_MILLION |= {"attributes of an event": inside(11, inside(3, b"") * 500_000)}


@pytest.mark.parametrize("what", HALF_A_MILLION)
def test_bodies_of_half_a_million_empty_messages_are_not_many_together_in_a_segment(what: str) -> None:
    """Two fill one; 24 of them were in one segment, for which no memory was enough."""
    body = in_scope(inside(2, span().SerializeToString() + HALF_A_MILLION[what]))
    assert 1 < Limits(0, 0.0).weight / check(Signal.TRACES, body).weight < 2


@pytest.mark.parametrize("number", [9, 11, 13], ids=["attributes", "events", "links"])
def test_an_item_with_more_inside_than_the_store_has_memory_for_is_left_out(number: int) -> None:
    good = span().SerializeToString()
    body = in_scope(inside(2, good) + inside(2, good + inside(number, b"") * 1_000_000))
    checked = check(Signal.TRACES, body)
    assert (checked.items, checked.rejected, checked.too_large, checked.body) == (1, 1, 1, in_scope(inside(2, good)))
    assert "spans[1] has attributes, events or links that take 2" in checked.message
    assert f"more than the {HEAVIEST_ITEM} of one item" in checked.message


def test_a_record_with_more_inside_than_the_store_has_memory_for_is_left_out() -> None:
    body = in_scope(inside(2, b"\x12\0") + inside(2, inside(6, b"") * 1_000_000))
    checked = check(Signal.LOGS, body)
    assert (checked.items, checked.rejected, checked.body) == (1, 1, in_scope(inside(2, b"\x12\0")))


def test_what_telemetry_has_inside_weighs_no_more_than_its_bytes() -> None:
    now = 2 * 10**18
    for signal, body in (
        (Signal.TRACES, Bodies(0).body(0, now).gzip),
        (Signal.LOGS, LogBodies(0, 0).body(0, now).gzip),
    ):
        plain = gzip.decompress(body)
        assert weigh(signal, plain) == len(plain)


def test_a_body_that_would_be_far_too_much_is_refused() -> None:
    with pytest.raises(BodyTooLarge, match="take 4294967297 bytes of memory in the store; at most 4294967296"):
        list(portions(Signal.LOGS, b"", HEAVIEST + 1))


def test_records_with_a_large_resource_are_all_stored_and_a_resend_stores_none_again(tmp_path: Path) -> None:
    large = inside(1, inside(1, inside(1, b"key") + inside(2, inside(1, b"x" * 65536))))
    body = inside(1, large + inside(2, b"\x12\0" * 20_000))
    kind = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
    with process(tmp_path / "data") as collector:
        answers = [
            collector.client.post("/v1/logs", content=gzip.compress(body), headers=kind).status_code for _ in range(2)
        ]
        collector.settle()
        status = collector.get("/status")
    assert (answers, status["log_count"], status["last_store_error"]) == ([200, 200], 20_000, None)
