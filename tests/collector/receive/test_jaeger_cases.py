"""The numbered cases of Jaeger: thrift over HTTP and UDP, protobuf over gRPC."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no types
import pytest
from spanwise_collector.errors import SettingError
from spanwise_collector.receive.declared import jaeger_request
from spanwise_collector.receive.intake import Counters, Intake
from spanwise_collector.receive.jaeger import decode_compact_packet, decode_post_spans
from spanwise_collector.receive.jaeger_udp import UdpServer
from spanwise_collector.settings import Address
from spanwise_collector.spool import Spool

from tests.collector.receive import thrift_writer as write
from tests.collector.receive.running import Receiver, receiver

THRIFT = {"Content-Type": "application/x-thrift"}
POST_SPANS = "/jaeger.api_v2.CollectorService/PostSpans"
START = 1_795_232_696_000_001
TRACE = 2**127 + 5


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "spool", "--max-body-bytes", "1MiB", jaeger=True) as made:
        yield made


def tag(key: str, kind: int, number: int, value: write.Typed) -> write.Fields:
    return {1: (write.STRING, key), 2: (write.I32, kind), number: value}


TAGS = [
    tag("span.kind", 0, 3, (write.STRING, "server")),
    tag("error", 2, 5, (write.BOOL, True)),
    tag("n", 3, 6, (write.I64, -7)),
    tag("x", 1, 4, (write.DOUBLE, 1.5)),
    tag("raw", 4, 7, (write.STRING, b"\x00\xff")),
]


def span_fields(**changes: write.Typed) -> write.Fields:
    log = {
        1: (write.I64, START + 5),
        2: (write.LIST, (write.STRUCT, [tag("event", 0, 3, (write.STRING, "retry")), TAGS[2]])),
    }
    other = {1: (write.I32, 1), 2: (write.I64, 9), 3: (write.I64, 0), 4: (write.I64, 8)}
    fields: write.Fields = {
        1: (write.I64, 5),
        2: (write.I64, -(2**63)),
        3: (write.I64, -2),
        4: (write.I64, 3),
        5: (write.STRING, "get /"),
        6: (write.LIST, (write.STRUCT, [other])),
        7: (write.I32, 1),
        8: (write.I64, START),
        9: (write.I64, 14),
        10: (write.LIST, (write.STRUCT, TAGS)),
        11: (write.LIST, (write.STRUCT, [log])),
    }
    return fields | {int(name[1:]): value for name, value in changes.items()}


def batch(*spans: write.Fields) -> write.Fields:
    process = {
        1: (write.STRING, "shop"),
        2: (write.LIST, (write.STRUCT, [tag("ip", 0, 3, (write.STRING, "10.0.0.1"))])),
    }
    return {1: (write.STRUCT, process), 2: (write.LIST, (write.STRUCT, list(spans)))}


def is_stored(running: Receiver) -> None:
    [request] = running.trace_requests()
    check_request(request)


def check_request(request: Any) -> None:
    [resource] = request.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes} == {
        "service.name": "shop",
        "host.ip": "10.0.0.1",
    }
    [span] = resource.scope_spans[0].spans
    assert (int.from_bytes(span.trace_id), int.from_bytes(span.span_id)) == (TRACE, 2**64 - 2)
    assert (span.parent_span_id, span.name, span.kind, span.flags) == (bytes(7) + b"\3", "get /", 2, 1)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (START * 1000, (START + 14) * 1000)
    assert span.status.code == 2
    found = {a.key: getattr(a.value, str(a.value.WhichOneof("value"))) for a in span.attributes}
    assert found == {"error": True, "n": -7, "x": 1.5, "raw": b"\x00\xff"}
    assert [(link.trace_id[-1], link.span_id[-1]) for link in span.links] == [(9, 8)]
    [event] = span.events
    assert (event.time_unix_nano, event.name, [a.key for a in event.attributes]) == ((START + 5) * 1000, "retry", ["n"])


def test_every_field_of_thrift_is_kept(running: Receiver) -> None:
    body = write.binary((write.STRUCT, batch(span_fields())))
    assert running.post("/api/traces", body, THRIFT).status_code == 202
    is_stored(running)
    assert running.intake.counters.accepted == {("traces", "jaeger_http"): 1}


def proto_request() -> Any:
    made = jaeger_request()()
    made.batch.process.service_name = "shop"
    made.batch.process.tags.add(key="ip", v_str="10.0.0.1")
    span = made.batch.spans.add(
        trace_id=TRACE.to_bytes(16), span_id=(2**64 - 2).to_bytes(8), operation_name="get /", flags=1
    )
    span.references.add(trace_id=TRACE.to_bytes(16), span_id=(3).to_bytes(8), ref_type=0)
    span.references.add(trace_id=(9).to_bytes(16), span_id=(8).to_bytes(8), ref_type=1)
    span.start_time.seconds, span.start_time.nanos = divmod(START * 1000, 10**9)
    span.duration.nanos = 14_000
    span.tags.add(key="span.kind", v_str="server")
    span.tags.add(key="error", v_type=1, v_bool=True)
    span.tags.add(key="n", v_type=2, v_int64=-7)
    span.tags.add(key="x", v_type=3, v_float64=1.5)
    span.tags.add(key="raw", v_type=4, v_binary=b"\x00\xff")
    log = span.logs.add()
    log.timestamp.seconds, log.timestamp.nanos = divmod((START + 5) * 1000, 10**9)
    log.fields.add(key="event", v_str="retry")
    log.fields.add(key="n", v_type=2, v_int64=-7)
    return made


def test_every_field_of_protobuf_over_grpc_is_kept(running: Receiver) -> None:
    with running.channel() as channel:
        assert channel.unary_unary(POST_SPANS)(proto_request().SerializeToString()) == b""
    is_stored(running)
    assert running.intake.counters.accepted == {("traces", "jaeger_grpc"): 1}
    assert running.intake.counters.senders == {("default", "127.0.0.1"): 1}


def test_a_span_that_only_follows_from_others_stands_below_the_first_of_its_trace() -> None:
    made = jaeger_request()()
    trace_id = TRACE.to_bytes(16)
    span = made.batch.spans.add(trace_id=trace_id, span_id=(4).to_bytes(8), operation_name="mail")
    for trace, span_id in ((9, 8), (TRACE, 3), (TRACE, 5)):
        span.references.add(trace_id=trace.to_bytes(16), span_id=span_id.to_bytes(8), ref_type=1)
    stored = decode_post_spans(made.SerializeToString()).resource_spans[0].scope_spans[0].spans[0]
    assert int.from_bytes(stored.parent_span_id) == 3
    assert [int.from_bytes(link.span_id) for link in stored.links] == [8, 3, 5]
    span.references.add(trace_id=trace_id, span_id=(6).to_bytes(8), ref_type=0)
    stored = decode_post_spans(made.SerializeToString()).resource_spans[0].scope_spans[0].spans[0]
    assert int.from_bytes(stored.parent_span_id) == 6


def test_processes_that_differ_in_nothing_that_is_known_are_one_resource() -> None:
    request = proto_request()
    request.batch.spans.add().CopyFrom(request.batch.spans[0])
    request.batch.spans[1].process.CopyFrom(request.batch.process)
    # A fixed32 of the number 67, which nobody knows.
    request.batch.spans[1].process.MergeFromString(b"\x9d\x04cart")
    [resource] = decode_post_spans(request.SerializeToString()).resource_spans
    assert len(resource.scope_spans[0].spans) == 2


def test_case_78_a_batch_without_a_process_is_accepted(running: Receiver) -> None:
    request = proto_request()
    request.batch.ClearField("process")
    with running.channel() as channel:
        assert channel.unary_unary(POST_SPANS)(request.SerializeToString()) == b""
    [stored] = running.trace_requests()
    assert list(stored.resource_spans[0].resource.attributes) == []


def test_garbage_over_grpc_is_an_invalid_argument(running: Receiver) -> None:
    with running.channel() as channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(POST_SPANS)(b"\x0a\xff")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_case_77_an_unknown_content_type_is_bad_data(running: Receiver) -> None:
    assert running.post("/api/traces", b"", {"Content-Type": "text/plain"}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        write.binary((write.STRUCT, batch(span_fields())))[:-40],
        b"\x0f\x00\x02\x0c\x7f\xff\xff\xff",
        b"\x0c\x00\x01" * 1000,
        b"",
        write.binary((write.STRUCT, batch(span_fields(_1=(write.STRING, "%d"))))),
        write.binary((write.STRUCT, batch(span_fields(_1=(write.BOOL, True))))),
        write.binary(
            (write.STRUCT, batch(span_fields(_10=(write.LIST, (write.STRUCT, [tag("x", 1, 4, (write.I16, 7))])))))
        ),
        write.binary((write.STRUCT, batch(span_fields(_8=(write.I64, 2**63 - 1))))),
        write.binary(
            (write.STRUCT, batch(span_fields(_10=(write.LIST, (write.STRUCT, [{2: (write.LIST, (2, []))}])))))
        ),
    ],
)
def test_case_77_broken_thrift_is_bad_data(running: Receiver, body: bytes) -> None:
    assert running.post("/api/traces", body, THRIFT).status_code == 400
    assert running.spans() == []
    assert running.refused() == {"bad_data": 1}


@pytest.mark.parametrize(
    ("references", "parent", "links"), [([3], 9, [3]), ([3, 9], 3, [9]), ([9, 3], 9, [3]), ([], 9, [])]
)
def test_a_parent_that_no_reference_names_comes_before_those_that_they_name(
    running: Receiver, references: list[int], parent: int, links: list[int]
) -> None:
    made: list[write.Fields] = [
        {1: (write.I32, 0), 2: (write.I64, 5), 3: (write.I64, -(2**63)), 4: (write.I64, each)} for each in references
    ]
    fields = span_fields(_4=(write.I64, 9), _6=(write.LIST, (write.STRUCT, made)))
    assert running.post("/api/traces", write.binary((write.STRUCT, batch(fields))), THRIFT).status_code == 202
    [span] = running.spans()
    assert int.from_bytes(span.parent_span_id) == parent
    assert [int.from_bytes(link.span_id) for link in span.links] == links


def test_spans_without_ids_are_rejected_alone(running: Receiver) -> None:
    nameless = span_fields(_3=(write.I64, 0))
    body = write.binary((write.STRUCT, batch(span_fields(), nameless)))
    assert running.post("/api/traces", body, THRIFT).status_code == 202
    is_stored(running)
    assert running.refused() == {"invalid_id": 1}


def counted(counters: Counters) -> int:
    return counters.accepted.total() + counters.repeated.total() + counters.refused.total()


async def over_udp(folder: Path, packets: list[tuple[int, bytes]]) -> Intake:
    """Send packets, to the compact port (0) or the binary one (1), and wait until each is counted."""
    spool = Spool(folder, segment_age=3600)
    spool.start()
    intake = Intake(spool)
    server = UdpServer(intake)
    anywhere = Address("127.0.0.1", 0)
    ports = await server.listen_compact(anywhere), await server.listen_binary(anywhere)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for which, packet in packets:
            sender.sendto(packet, (ports[which].host, ports[which].port))
            await asyncio.sleep(0)
    counters = intake.counters
    while counted(counters) < len(packets):  # noqa: ASYNC110 - no packet is answered
        await asyncio.sleep(0.001)
    await server.stop()
    spool.close()
    intake.close()
    return intake


def test_packets_of_both_formats_are_taken(tmp_path: Path) -> None:
    call: write.Fields = {1: (write.STRUCT, batch(span_fields()))}
    packets = [(0, write.compact_call("emitBatch", call)), (1, write.binary_call("emitBatch", call))]
    intake = asyncio.run(over_udp(tmp_path, packets))
    assert intake.counters.accepted == {("traces", "jaeger_udp"): 1}
    assert intake.counters.repeated == {("traces", "jaeger_udp"): 1}  # both say the same
    assert intake.counters.senders == {("default", "127.0.0.1"): 2}
    receiver_view = Receiver(Spool(tmp_path), intake, tmp_path, 0, "")
    is_stored(receiver_view)


def test_case_79_packets_that_are_none_are_dropped_and_counted(tmp_path: Path) -> None:
    call: write.Fields = {1: (write.STRUCT, batch(span_fields()))}
    good = write.compact_call("emitBatch", call)
    bad = [good[:-9], bytes(65_000), b"", b"\x82", write.compact_call("emitZipkinBatch", call), b"x" * 100]
    intake = asyncio.run(over_udp(tmp_path, [(0, packet) for packet in bad] + [(1, good), (0, good)]))
    assert intake.counters.refused_by_reason() == {"bad_data": 7}
    assert intake.counters.accepted.total() == 1


def test_case_79_of_a_flood_of_packets_those_beyond_the_bound_are_dropped_and_counted(tmp_path: Path) -> None:
    packet = write.compact_call("emitBatch", {1: (write.STRUCT, batch(span_fields()))})

    async def flood(count: int) -> Intake:
        spool = Spool(tmp_path, segment_age=3600)
        spool.start()
        intake = Intake(spool)
        server = UdpServer(intake)
        for _ in range(count):  # as one reading of the socket hands them over
            server._receive(packet, decode_compact_packet)
        await server.stop()
        spool.close()
        intake.close()
        return intake

    counters = asyncio.run(flood(1000)).counters
    assert counters.refused == {("traces", "jaeger_udp", "overloaded"): 1000 - 256}
    assert counters.accepted.total() + counters.repeated.total() == 256


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async def twice() -> None:
        server = UdpServer(Intake(Spool(tmp_path)))
        taken = await server.listen_compact(Address("127.0.0.1", 0))
        try:
            await UdpServer(Intake(Spool(tmp_path))).listen_binary(taken)
        finally:
            await server.stop()

    with pytest.raises(SettingError, match=r"packets on 127\.0\.0\.1:"):
        asyncio.run(twice())
