"""OTLP logs of every shape, answered as they were sent; ids that stand only in attributes or in the text."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise_collector.api import present
from spanwise_collector.api.parameters import LogQuery
from spanwise_collector.query.records import search_logs
from spanwise_collector.receive.log_ids import Ids, ids_in, ids_of

from tests.collector.inside import Inside
from tests.factories import START, any_value, logs, record, trace_ids

PROJECT = "log shapes"
SPAN = "e457b5a2e4d86bd1"
BODIES: list[Any] = ["text", 1, 1.5, True, b"\x00\xff", [1, "a", None], {"a": {"b": [1.5]}, "c": b"x"}, None, {}, []]


def answers(collector: Inside, trace_id: str) -> list[dict[str, Any]]:
    page = search_logs(collector.engine, LogQuery(trace_id=trace_id).search(PROJECT))
    return [present.log_record(each).model_dump() for each in page.items]


def test_case_86_bodies_severities_and_event_names_are_answered_as_they_were_sent(collector: Inside) -> None:
    [trace] = trace_ids(1)
    made = []
    for number, body in enumerate(BODIES):
        each = record("", START + number, trace_id=trace, severity_number=number % 2 * 99, severity_text=f"s{number}")
        each.body.CopyFrom(any_value(body))
        each.event_name = f"event.{number}"
        made.append(each)
    collector.send(PROJECT, logs(made))
    found = answers(collector, trace)
    assert [each["event_name"] for each in found] == [f"event.{number}" for number in range(len(BODIES))]
    assert [(each["severity_number"], each["severity_text"]) for each in found] == [
        (number % 2 * 99, f"s{number}") for number in range(len(BODIES))
    ]
    bodies = [each["body"] for each in found]
    assert bodies[:4] + bodies[7:] == BODIES[:4] + BODIES[7:]
    assert bodies[5] == [1, "a", None]
    assert bodies[6]["a"] == {"b": [1.5]}
    assert "AP8=" in str(bodies[4])


def spelled(trace: str) -> dict[str, dict[str, str]]:
    return {
        "plain": {"trace_id": trace, "span_id": SPAN},
        "camel": {"traceId": trace.upper(), "spanId": SPAN},
        "dotted": {"trace.id": trace, "span.id": SPAN},
        "otel": {"otelTraceID": trace, "otelSpanID": SPAN},
        "w3c": {"traceparent": f"00-{trace}-{SPAN}-01"},
        "b3": {"b3": f"{trace}-{SPAN}-1"},
        "b3 headers": {"X-B3-TraceId": trace, "X-B3-SpanId": SPAN},
        "google": {
            "logging.googleapis.com/trace": f"projects/p/traces/{trace}", "logging.googleapis.com/spanId": SPAN,
        },
        "uuid": {"trace_id": f"{trace[:8]}-{trace[8:12]}-{trace[12:16]}-{trace[16:20]}-{trace[20:]}", "span_id": SPAN},
        "x-ray": {"X-Amzn-Trace-Id": f"Root=1-{trace[:8]}-{trace[8:]};Parent={SPAN};Sampled=1"},
        "datadog": {"dd.trace_id": str(int(trace, 16)), "dd.span_id": str(int(SPAN, 16))},
    }  # fmt: skip


def test_ids_that_stand_only_in_attributes_join_the_trace(collector: Inside) -> None:
    [trace] = trace_ids(1)
    made = [record(name, START + n, attributes=given) for n, (name, given) in enumerate(spelled(trace).items())]
    collector.send(PROJECT, logs(made))
    found = answers(collector, trace)
    assert [(each["body"], each["span_id"]) for each in found] == [(name, SPAN) for name in spelled(trace)]
    assert found[0]["attributes"] == {"trace_id": trace, "span_id": SPAN}


@pytest.mark.parametrize("value", ["", "x" * 32, "0" * 32, "12", "1" * 33])
def test_what_is_no_id_joins_nothing_and_ids_of_the_record_win(collector: Inside, value: str) -> None:
    own, other = trace_ids(2)
    marked = f"none {value} {own}"
    collector.send(
        PROJECT,
        logs([
            record(marked, START, attributes={"trace_id": value}),
            record("own", START, trace_id=own, attributes={"trace_id": other}),
        ]),
    )  # fmt: skip
    assert [each["body"] for each in answers(collector, own)] == ["own"]
    assert answers(collector, other) == []
    page = search_logs(collector.engine, LogQuery(text=marked).search(PROJECT))
    assert [(each.body, each.trace_id) for each in page.items] == [(marked, "")]


TRACE = "000000000000000" + "0" + "00f067aa0ba902b7"
TEXTS = [
    f"a trace_id={TRACE} span_id={SPAN} b",
    f"traceId: {TRACE}, spanId: {SPAN}",
    f'{{"trace_id":"{TRACE}","span_id":"{SPAN}"}}',
    f"otelTraceID={TRACE} otelSpanID={SPAN} resource.service.name=x",
    f"got traceparent: 00-{TRACE}-{SPAN}-01",
    f"b3={TRACE}-{SPAN}-1",
    f"X-B3-TraceId: {TRACE} X-B3-SpanId: {SPAN}",
    f"X-Amzn-Trace-Id: Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN}",
    f"[dd.trace_id={int(TRACE, 16)} dd.span_id={int(SPAN, 16)}]",
    f"trace_id={TRACE[16:]}",
    "trace_id=0 span_id=0",
    "no trace of it",
    f"trace_id={TRACE}ab",
    "web3",
]


def test_the_store_finds_in_attributes_and_text_what_the_other_sources_find(collector: Inside) -> None:
    project = "log shapes alike"
    fields: list[dict[str, str]] = [*spelled(TRACE).values(), {"trace_id": ""}, {"trace_id": "0" * 32}, {"b3": "0"}]
    made = [record("", START + number, attributes=given) for number, given in enumerate(fields)]
    made += [record(text, START + len(fields) + number) for number, text in enumerate(TEXTS)]
    collector.send(project, logs(made))
    expected = [ids_of(each)[0] for each in fields] + [ids_in(each) for each in TEXTS]
    page = search_logs(collector.engine, LogQuery(sort="oldest").search(project))
    found = [Ids(bytes.fromhex(each.trace_id), bytes.fromhex(each.span_id)) for each in page.items]
    assert found == [each._replace(flags=0) for each in expected]
    assert sum(bool(each.trace_id) for each in found) == len(spelled(TRACE)) + 10
