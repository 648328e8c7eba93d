"""The numbered cases of Zipkin, each over a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.receive.declared import zipkin_spans

from tests.collector.receive import thrift_writer as write
from tests.collector.receive.running import JSON, PROTOBUF, Receiver, receiver

THRIFT = {"Content-Type": "application/x-thrift"}
FULL = {
    "traceId": "5aab74dbb904746bb33447baae403ed6",
    "parentId": "05e3ac9a4f6e3b90",
    "id": "e457b5a2e4d86bd1",
    "kind": "SERVER",
    "name": "get /",
    "timestamp": 1_795_232_696_000_001,
    "duration": 14,
    "localEndpoint": {"serviceName": "backend", "ipv4": "192.168.0.10", "port": 80},
    "remoteEndpoint": {"serviceName": "front", "ipv6": "2001:db8::1", "port": 31882},
    "annotations": [{"timestamp": 1_795_232_696_000_005, "value": "wire"}],
    "tags": {"http.path": "/", "error": "boom"},
    "shared": True,
    "debug": True,
}


def v2(running: Receiver, *spans: Any) -> int:
    return running.post("/api/v2/spans", json.dumps(spans), JSON).status_code


def a_span(**fields: Any) -> dict[str, Any]:
    return {"traceId": "1" * 32, "id": "2" * 16, "timestamp": 1_795_232_696_000_001} | fields


def attributes(span: Span) -> dict[str, Any]:
    return {a.key: getattr(a.value, str(a.value.WhichOneof("value"))) for a in span.attributes}


def full_is_stored(running: Receiver) -> None:
    [request] = running.trace_requests()
    [resource] = request.resource_spans
    assert [(a.key, a.value.string_value) for a in resource.resource.attributes] == [("service.name", "backend")]
    [span] = resource.scope_spans[0].spans
    assert (span.trace_id.hex(), span.span_id.hex()) == (FULL["traceId"], FULL["id"])
    assert (span.parent_span_id.hex(), span.name, span.kind) == (FULL["parentId"], "get /", Span.SPAN_KIND_SERVER)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        1_795_232_696_000_001_000,
        1_795_232_696_000_015_000,
    )
    assert [(e.time_unix_nano, e.name) for e in span.events] == [(1_795_232_696_000_005_000, "wire")]
    assert (span.status.code, span.status.message) == (2, "boom")
    assert attributes(span) == {
        "http.path": "/",
        "error": "boom",
        "network.local.address": "192.168.0.10",
        "network.local.port": 80,
        "peer.service": "front",
        "network.peer.address": "2001:db8::1",
        "network.peer.port": 31882,
        "zipkin.shared": True,
        "zipkin.debug": True,
    }


def test_every_field_of_v2_json_is_kept(running: Receiver) -> None:
    assert v2(running, FULL) == 202
    full_is_stored(running)
    assert running.intake.counters.accepted == {("traces", "zipkin_v2"): 1}


def test_every_field_of_v2_protobuf_is_kept(running: Receiver) -> None:
    listed = zipkin_spans()()
    made = listed.spans.add(
        trace_id=bytes.fromhex(str(FULL["traceId"])),
        parent_id=bytes.fromhex(str(FULL["parentId"])),
        id=bytes.fromhex(str(FULL["id"])),
        kind=2,
        name="get /",
        timestamp=1_795_232_696_000_001,
        duration=14,
        shared=True,
        debug=True,
    )
    made.local_endpoint.service_name, made.local_endpoint.port = "backend", 80
    made.local_endpoint.ipv4 = bytes([192, 168, 0, 10])
    made.remote_endpoint.service_name, made.remote_endpoint.port = "front", 31882
    made.remote_endpoint.ipv6 = bytes.fromhex("20010db8000000000000000000000001")
    made.annotations.add(timestamp=1_795_232_696_000_005, value="wire")
    made.tags.add(key="http.path", value="/")
    made.tags.add(key="error", value="boom")
    assert running.post("/api/v2/spans", listed.SerializeToString(), PROTOBUF).status_code == 202
    full_is_stored(running)


@pytest.mark.parametrize("file", ["ascend", "messaging", "messaging-kafka", "simple-db-p6", "yelp"])
def test_recorded_traces_are_taken_whole(running: Receiver, file: str) -> None:
    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "zipkin" / f"{file}.json"
    if not path.exists():
        pytest.skip("the recordings are not there")
    spans = json.loads(path.read_text())
    assert v2(running, *spans) == 202
    assert sorted((s.span_id.hex(), s.kind) for s in running.spans()) == sorted(
        (s["id"], Span.SpanKind.Value(f"SPAN_KIND_{s.get('kind', 'UNSPECIFIED')}")) for s in spans
    )


def test_case_68_an_empty_list_is_accepted(running: Receiver) -> None:
    assert v2(running) == 202
    assert running.post("/api/v1/spans", b"[]", JSON).status_code == 202
    assert running.trace_requests() == []


@pytest.mark.parametrize("trace_id", ["1" * 15, "1" * 17, "1" * 33, "g" * 16, "", None, 1, "0" * 16])
def test_case_69_a_bad_trace_id_is_named_by_its_index(running: Receiver, trace_id: object) -> None:
    response = running.post("/api/v2/spans", json.dumps([a_span(), a_span(traceId=trace_id)]), JSON)
    assert response.status_code == 400
    assert response.text.startswith("spans[1]: traceId is ")
    assert running.spans() == []
    assert running.refused() == {"bad_data": 1}


def test_case_69_upper_case_ids_are_taken(running: Receiver) -> None:
    assert v2(running, a_span(traceId="ABCDEF" + "0" * 10, id="ABCDEF0000000000")) == 202
    assert running.spans()[0].span_id.hex() == "abcdef0000000000"


def test_case_70_a_64_bit_id_has_an_upper_half_of_zeros(running: Receiver) -> None:
    v2(running, a_span(traceId="b33447baae403ed6"), a_span(traceId="5aab74dbb904746bb33447baae403ed6"))
    assert [s.trace_id.hex() for s in running.spans()] == [
        "0000000000000000b33447baae403ed6",
        "5aab74dbb904746bb33447baae403ed6",
    ]


def test_case_71_both_sides_of_a_shared_id_are_kept(running: Receiver) -> None:
    client = a_span(kind="CLIENT", localEndpoint={"serviceName": "a"})
    server = a_span(kind="SERVER", localEndpoint={"serviceName": "b"}, shared=True)
    assert v2(running, client, server) == 202
    found = running.spans()
    assert {s.span_id.hex() for s in found} == {"2" * 16}
    assert [(s.kind, attributes(s).get("zipkin.shared")) for s in found] == [(3, None), (2, True)]


def test_case_72_a_late_piece_without_a_time_is_taken(running: Receiver) -> None:
    piece = {"traceId": "1" * 32, "id": "2" * 16, "tags": {"late": "yes"}}
    assert v2(running, piece) == 202
    [stored] = running.spans()
    assert (stored.start_time_unix_nano, stored.end_time_unix_nano, attributes(stored)) == (0, 0, {"late": "yes"})
    v2(running, piece)
    assert len(running.spans()) == 1


def test_case_73_a_duration_of_0_is_one_microsecond(running: Receiver) -> None:
    assert v2(running, a_span(duration=0)) == 202
    assert [s.end_time_unix_nano - s.start_time_unix_nano for s in running.spans()] == [1000]


def test_a_time_with_zeros_before_it_is_read_whole(running: Receiver) -> None:
    assert v2(running, a_span(timestamp="0" * 20 + "1795232696000001")) == 202
    [span] = running.spans()
    assert span.start_time_unix_nano == 1_795_232_696_000_001_000


def test_a_port_that_cannot_be_is_left_out_in_both_encodings(running: Receiver) -> None:
    listed = zipkin_spans()()
    for number, port in enumerate((-1, 0, 80, 65536), 1):
        made = listed.spans.add(trace_id=bytes.fromhex("1" * 32), id=number.to_bytes(8))
        made.local_endpoint.port = port
    assert running.post("/api/v2/spans", listed.SerializeToString(), PROTOBUF).status_code == 202
    assert v2(running, a_span(localEndpoint={"port": 65536}), a_span(localEndpoint={"port": 80})) == 202
    ports = [attributes(span) for span in running.spans()]
    assert [found.get("network.local.port") for found in ports] == [None, None, 80, None, None, 80]


@pytest.mark.parametrize("fields", [{"duration": -1}, {"duration": 1.5}, {"timestamp": "abc"}, {"timestamp": 2**63}])
def test_case_73_times_that_are_none_are_bad_data(running: Receiver, fields: dict[str, Any]) -> None:
    assert v2(running, a_span(**fields)) == 400


def test_case_74_an_unknown_kind_is_bad_data_and_values_of_tags_become_text(running: Receiver) -> None:
    assert v2(running, a_span(kind="INTERNAL")) == 400
    tags = {"n": 1, "f": 1.5, "b": True, "o": {}, "l": [1], "x": None, "s": "s"}
    assert v2(running, a_span(tags=tags)) == 202
    [stored] = running.spans()
    assert attributes(stored) == {"n": "1", "f": "1.5", "b": "true", "s": "s"}
    assert stored.dropped_attributes_count == 3


def test_case_75_v1_on_the_path_of_v2_is_refused_with_a_hint(running: Receiver) -> None:
    as_json = running.post("/api/v2/spans", json.dumps([a_span(binaryAnnotations=[])]), JSON)
    as_thrift = running.post("/api/v2/spans", b"\x0c\x00\x00\x00\x00", JSON)
    assert [(r.status_code, "/api/v1/spans" in r.text) for r in (as_json, as_thrift)] == [(400, True), (400, True)]
    assert running.post("/api/v2/spans", b"\x0c", THRIFT).status_code == 415


def test_case_76_spans_that_ask_for_debug_have_no_way_past_the_limits(tmp_path: Path) -> None:
    with receiver(tmp_path / "small", "--spool-max-bytes", "1MiB") as running:
        flood = [[a_span(id=f"{n:016x}", debug=True, tags={"x": "y" * 100_000})] for n in range(1, 21)]
        statuses = [v2(running, *spans) for spans in flood]
        assert (statuses[0], statuses[-1], set(statuses)) == (202, 429, {202, 429})
        assert len(running.spans()) == statuses.count(202)
        assert running.refused() == {"spool_full": statuses.count(429)}


V1 = {
    "traceId": "1" * 16,
    "id": "2" * 16,
    "name": "get",
    "timestamp": 100,
    "duration": 50,
    "annotations": [
        {"timestamp": 100, "value": "cs", "endpoint": {"serviceName": "a"}},
        {"timestamp": 110, "value": "sr", "endpoint": {"serviceName": "b", "ipv4": "10.0.0.2", "port": 80}},
        {"timestamp": 120, "value": "cache miss", "endpoint": {"serviceName": "b"}},
        {"timestamp": 140, "value": "ss", "endpoint": {"serviceName": "b"}},
        {"timestamp": 150, "value": "cr", "endpoint": {"serviceName": "a"}},
    ],
    "binaryAnnotations": [
        {"key": "http.path", "value": "/", "endpoint": {"serviceName": "a"}},
        {"key": "sa", "value": True, "endpoint": {"serviceName": "b", "port": 80}},
        {"key": "ca", "value": True, "endpoint": {"serviceName": "a", "port": 4000}},
    ],
}


def v1_is_stored(running: Receiver) -> None:
    client, server = running.spans()
    assert {s.trace_id.hex() + s.span_id.hex() for s in (client, server)} == {"0" * 16 + "1" * 16 + "2" * 16}
    assert (client.kind, client.start_time_unix_nano, client.end_time_unix_nano) == (3, 100_000, 150_000)
    assert (server.kind, server.start_time_unix_nano, server.end_time_unix_nano) == (2, 110_000, 140_000)
    assert attributes(client) == {"http.path": "/", "peer.service": "b", "network.peer.port": 80}
    assert attributes(server) == {
        "network.local.address": "10.0.0.2",
        "network.local.port": 80,
        "peer.service": "a",
        "network.peer.port": 4000,
        "zipkin.shared": True,
    }
    assert ([e.name for e in client.events], [e.name for e in server.events]) == ([], ["cache miss"])


def test_the_two_sides_of_a_v1_span_become_two_spans(running: Receiver) -> None:
    assert running.post("/api/v1/spans", json.dumps([V1]), JSON).status_code == 202
    v1_is_stored(running)


def v1_thrift() -> bytes:
    def host(fields: dict[str, Any]) -> write.Typed:
        packed = bytes(map(int, fields["ipv4"].split("."))) if "ipv4" in fields else bytes(4)
        return write.STRUCT, {
            1: (write.I32, int.from_bytes(packed)),
            2: (write.I16, fields.get("port", 0)),
            3: (write.STRING, fields["serviceName"]),
        }

    notes = [
        {1: (write.I64, a["timestamp"]), 2: (write.STRING, a["value"]), 3: host(a["endpoint"])}
        for a in V1["annotations"]  # type: ignore[attr-defined]
    ]
    binary_notes = [
        {
            1: (write.STRING, b["key"]),
            2: (write.STRING, b"\x01" if b["value"] is True else b["value"]),
            3: (write.I32, 0 if b["value"] is True else 6),
            4: host(b["endpoint"]),
        }
        for b in V1["binaryAnnotations"]  # type: ignore[attr-defined]
    ]
    span = {
        1: (write.I64, int("1" * 16, 16)),
        3: (write.STRING, "get"),
        4: (write.I64, int("2" * 16, 16)),
        6: (write.LIST, (write.STRUCT, notes)),
        8: (write.LIST, (write.STRUCT, binary_notes)),
        9: (write.BOOL, False),
        10: (write.I64, 100),
        11: (write.I64, 50),
    }
    return write.binary((write.LIST, (write.STRUCT, [span])))


def test_v1_thrift_says_the_same_as_v1_json(running: Receiver) -> None:
    assert running.post("/api/v1/spans", v1_thrift(), THRIFT).status_code == 202
    v1_is_stored(running)


@pytest.mark.parametrize("body", [v1_thrift()[:50], b"\x0c\x7f\xff\xff\xff", b"\x0c\xff\xff\xff\xff", b"\xff", b"abc"])
def test_case_77_broken_thrift_is_bad_data(running: Receiver, body: bytes) -> None:
    assert running.post("/api/v1/spans", body, THRIFT).status_code == 400
    assert running.spans() == []


def test_a_v1_span_without_sides_is_local(running: Receiver) -> None:
    local = {"traceId": "1" * 16, "id": "2" * 16, "timestamp": 5, "duration": 2, "binaryAnnotations": [
        {"key": "lc", "value": "worker", "endpoint": {"serviceName": "jobs"}}]}  # fmt: skip
    assert running.post("/api/v1/spans", json.dumps([local]), JSON).status_code == 202
    [resource] = running.trace_requests()[0].resource_spans
    assert resource.resource.attributes[0].value.string_value == "jobs"
    [stored] = resource.scope_spans[0].spans
    assert (stored.kind, attributes(stored)) == (0, {"lc": "worker"})


def test_other_methods_and_trouble_are_answered_in_plain_text(running: Receiver) -> None:
    with running.client as client:
        wrong = client.get("/api/v2/spans")
    running.spool.close()
    trouble = running.post("/api/v2/spans", json.dumps([FULL]), JSON)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert (trouble.status_code, trouble.headers["Retry-After"]) == (503, "1")
