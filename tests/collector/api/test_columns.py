"""A trace as columns says what its JSON form says, for every trace there can be."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import time
from collections.abc import Callable
from typing import Any

import cramjam
import httpx
import numpy as np
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api.columns import ODDITIES, to_bytes
from spanwise_collector.errors import StoreError
from spanwise_collector.query import trace_columns
from spanwise_collector.query.trace_texts import Texts
from spanwise_collector.receive.zipkin_json import decode_v2

from tests.collector.api.test_forms import ask
from tests.collector.inside import Inside
from tests.contract import columns
from tests.factories import START, logs, record, span, trace_ids, traces

UNFINISHED = "This span had not ended when it was sent."


def asked(collector: Inside, trace_id: str) -> columns.Columns:
    answer = ask(collector, f"/api/v1/traces/{trace_id}/columns", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-type"] == "application/vnd.spanwise.columns"
    return columns.read(answer.content)


def in_json(collector: Inside, trace_id: str, logged: set[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The facts of the JSON form, and its spans as far as columns have them."""
    answer = ask(collector, f"/api/v1/traces/{trace_id}").json()
    spans = answer.pop("spans")
    scopes = answer.pop("scopes")
    known = (
        "corrected_start_time_unix_nano",
        "service",
        "instance",
        "name",
        "kind",
        "span_id",
        "depth",
        "descendant_count",
        "start_offset",
        "duration",
    )
    # The view asks for the gaps of a span with the rest of it.
    elsewhere = ("resources", "gaps", "gap_count", "time", "rows_scanned")
    return {key: answer[key] for key in answer if key not in elsewhere}, [
        {name: each[name] for name in (*known, "self_time", "parent_missing", "unfinished")}
        | {
            "critical": [tuple(section) for section in each["critical"]],
            "status": each["status"]["code"],
            "error": each["status"]["code"] == "error",
            "scope": scopes[each["scope"]]["name"],
            "has_events": bool(each["events"]),
            "has_links": bool(each["links"]),
            "has_logs": each["span_id"] in logged,
            "lost_parent": each["parent_span_id"] if each["parent_missing"] else None,
            "odd": any(warning != UNFINISHED for warning in each["warnings"]),
        }
        for each in spans
    ]


def same(collector: Inside, trace_id: str, logged: set[str] | None = None) -> columns.Columns:
    """The columns, after they were compared with the JSON form."""
    found = asked(collector, trace_id)
    facts, spans = in_json(collector, trace_id, logged or set())
    assert {key: found.header[key] for key in facts} == facts
    assert columns.spans(found) == spans
    return found


def any_span(rng: random.Random, trace_id: str) -> Span:
    start = START + rng.randrange(2000)
    end = rng.choice([0, start + rng.randrange(1000), start + rng.randrange(1000), start - rng.randrange(9)])
    ids = 14
    return span(
        trace_id,
        rng.randint(1, ids),
        rng.randint(0, ids + 1),
        name=rng.choice(["a", "b", "ü"]),
        kind=rng.randrange(6),
        status=rng.randrange(3),
        start_time_unix_nano=rng.choice([start, start, start, start, start, START - 10**18, START + 10**17]),
        end_time_unix_nano=end,
        **({"events": [Span.Event(time_unix_nano=start + 1, name="x")]} if rng.random() < 0.2 else {}),
        **({"links": [Span.Link(trace_id=b"1" * 16, span_id=b"2" * 8)]} if rng.random() < 0.2 else {}),
    )


@pytest.fixture(params=["with the rows", "by themselves"])
def texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the texts of a trace are read, which its size decides."""
    if request.param == "by themselves":
        monkeypatch.setattr(trace_columns, "_WITH_TEXTS", 0)


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize("seed", range(4))
def test_columns_say_what_the_json_form_says(collector: Inside, seed: int) -> None:
    rng = random.Random(seed)
    (trace_id,) = trace_ids(1)
    spans = [any_span(rng, trace_id) for _ in range(rng.randint(1, 30))]
    # Spans that are alike in all but their events may change places.
    alike = {(each.span_id, each.start_time_unix_nano, each.end_time_unix_nano): each for each in spans}
    groups = [[each for number, each in enumerate(alike.values()) if number % 3 == part] for part in range(3)]
    named = {each.span_id.hex() for each in groups[0]}
    records = [record("line", trace_id=trace_id, span_id=each) for each in named]
    hosts = [{}, {"host.name": "one"}, {"host.name": "one", "host.id": rng.choice(["one", "two"])}]
    requests = [traces(group, f"service {part}", **hosts[part]) for part, group in enumerate(groups) if group]
    collector.send("default", *requests, *([logs(records)] if records else []))
    same(collector, trace_id, named)


@pytest.mark.usefixtures("texts")
def test_pieces_of_a_span_and_shared_ids_are_as_in_the_json_form(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns() // 1000
    common = {"traceId": trace_id, "id": "2" * 16}
    client = common | {"name": "get", "kind": "CLIENT", "timestamp": now, "localEndpoint": {"serviceName": "a"}}
    ended = common | {"kind": "CLIENT", "timestamp": now, "duration": 70, "localEndpoint": {"serviceName": "a"}}
    late = common | {"tags": {"late": "yes"}, "annotations": [{"timestamp": now + 5, "value": "noted"}]}
    server = common | {"kind": "SERVER", "timestamp": now + 9, "duration": 8, "shared": True}
    other = {"traceId": trace_id, "id": "3" * 16, "parentId": "2" * 16, "timestamp": now + 10, "duration": 1}
    for piece in (client, server | {"localEndpoint": {"serviceName": "b"}}, ended, late, other):
        collector.send("default", decode_v2(json.dumps([piece]).encode()))
    found = same(collector, trace_id)
    assert found.header["span_count"] == 3
    assert [int(each) - int(found.header["start_offset"]) for each in found.numbers["event_time"]] == [5000]


@pytest.mark.usefixtures("texts")
def test_a_span_has_its_own_names_where_the_piece_that_tells_them_lies_beyond_the_limit(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns() // 1000
    common = {"traceId": trace_id, "id": "2" * 16, "kind": "CLIENT"}
    pieces: list[dict[str, Any]] = [common | {"timestamp": now}]
    pieces += [
        {
            "traceId": trace_id,
            "id": f"{number:016x}",
            "timestamp": now + number,
            "duration": 1,
            "name": f"step {number}",
        }
        | {"localEndpoint": {"serviceName": "web"}}
        for number in range(1, 7)
    ]
    told = {"timestamp": now + 90, "duration": 3, "name": "charge card", "localEndpoint": {"serviceName": "payments"}}
    alone = common | {"id": "4" * 16, "timestamp": now + 91, "name": "beyond"}
    for each in (*pieces, common | told, alone, alone | {"timestamp": now + 95}):
        collector.send("default", decode_v2(json.dumps([each]).encode()))
    loaded = columns.spans(columns.read(to_bytes(trace_columns.load(collector.engine, "default", trace_id, 4))))
    names = [(each["service"], each["name"], each["scope"]) for each in loaded]
    assert sorted(names) == [
        ("payments", "charge card", "zipkin"),
        *(("web", f"step {n}", "zipkin") for n in (1, 2, 3)),
    ]


def test_a_span_whose_texts_have_gone_is_not_given_those_of_another() -> None:
    texts = Texts({"name": ["a", "b"]}, {"name": np.array([9, 5], dtype=np.uint64)})
    assert texts.codes("name", np.array([5, 9], dtype=np.uint64)).tolist() == [1, 0]
    with pytest.raises(StoreError, match="ask again"):
        texts.codes("name", np.array([5, 0], dtype=np.uint64))


def test_events_are_marked_at_their_times_on_the_rows_of_their_spans(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    events = [Span.Event(time_unix_nano=START + at, name="x") for at in (30, 10)]
    first = span(trace_id, 1, events=events[:1])
    collector.send("default", traces([first, span(trace_id, 2, 1, events=events), span(trace_id, 3, 1)]))
    found = asked(collector, trace_id)
    origin = int(found.header["origin_unix_nano"])
    times = [origin + each - START for each in found.numbers["event_time"]]
    assert sorted(zip(found.numbers["event_row"], times, strict=True)) == [(0, 30), (1, 10), (1, 30)]


def test_beyond_the_limit_the_earliest_are_told_and_all_are_counted(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("default", traces([span(trace_id, number, number - 1) for number in range(1, 21)]))
    loaded = columns.read(to_bytes(trace_columns.load(collector.engine, "default", trace_id, 7)))
    assert loaded.numbers["below"] == [6, 5, 4, 3, 2, 1, 0]
    coverage = [loaded.header[key] for key in ("returned", "total", "total_relation", "reason", "span_count")]
    assert coverage == [7, 20, "eq", "limit", 20]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("identity", None),
        ("br", None),
    ],
)
def test_the_answer_is_compressed_as_it_is_asked_for(collector: Inside, accepted: str, coding: str | None) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("default", traces([span(trace_id)]))
    headers, body = on_the_wire(collector, f"/api/v1/traces/{trace_id}/columns", accepted)
    assert (headers.get("content-encoding"), headers["vary"]) == (coding, "Accept-Encoding")
    inflate: dict[str | None, Callable[[bytes], Any]] = {
        "zstd": cramjam.zstd.decompress,
        "gzip": gzip.decompress,
        None: bytes,
    }
    assert len(columns.spans(columns.read(bytes(inflate[coding](body))))) == 1


def on_the_wire(collector: Inside, path: str, accepted: str) -> tuple[httpx.Headers, bytes]:
    """Headers and body of an answer, without the client's own decoding."""

    async def asked() -> tuple[httpx.Headers, bytes]:
        transport = httpx.ASGITransport(collector.collector.asgi)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
            client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer,
        ):
            return answer.headers, b"".join([piece async for piece in answer.aiter_raw()])

    return asyncio.run(asked())


def test_spans_of_a_trace_are_found_by_the_search_language(collector: Inside) -> None:
    trace_id, other = trace_ids(2)
    mine = [span(trace_id, number, number - 1, attributes={"tenant": "ab"[number % 2]}) for number in range(1, 6)]
    collector.send("default", traces(mine), traces([span(other, 1, attributes={"tenant": "a"})]))
    path = f"/api/v1/traces/{trace_id}/matches"
    found = columns.read(ask(collector, path, params={"q": "tenant:a"}).content)
    assert [each.to_bytes(8, "little").hex() for each in found.numbers["span_id"]] == [f"{2:016x}", f"{4:016x}"]
    assert found.numbers["start"] == [START + 2, START + 4]
    assert [found.header[key] for key in ("returned", "total", "total_relation", "reason")] == [2, 2, "eq", "end"]
    assert columns.read(ask(collector, path, params={"q": "tenant:c"}).content).numbers == {"span_id": [], "start": []}
    assert len(columns.read(ask(collector, path).content).numbers["start"]) == 5
    refused = ask(collector, path, params={"q": "a:(("})
    assert (refused.status_code, refused.json()["error"]["column"]) == (400, 3)


def test_what_is_wrong_is_said(collector: Inside) -> None:
    assert ask(collector, f"/api/v1/traces/{'f' * 32}/columns").json()["error"]["code"] == "not_found"
    assert ask(collector, "/api/v1/traces/zz/columns").status_code == 400
    assert all(sentence.endswith(".") for sentence in ODDITIES.values())
