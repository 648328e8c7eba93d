"""The numbered cases of OTLP over HTTP, each over a real socket."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import random
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import cramjam
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.collector.receive.factories import START, json_span, json_traces, span, traces
from tests.collector.receive.running import JSON, PROTOBUF, Receiver, receiver, status_of

GZIP = PROTOBUF | {"Content-Encoding": "gzip"}
CAP = 2**20


@pytest.fixture(autouse=True)
def still_serves(running: Receiver) -> Iterator[None]:
    """After every case the next good request succeeds, over HTTP and in time."""
    yield
    response = running.post("/v1/traces", traces(span(2**40)).SerializeToString(), PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")


def rejected_one(running: Receiver, body: str | bytes, headers: dict[str, str]) -> str:
    """Send one good and one bad span; returns what the answer says of the bad one."""
    response = running.post("/v1/traces", body, headers)
    assert response.status_code == 200
    if headers is JSON:
        partial = response.json()["partialSuccess"]
        assert partial["rejectedSpans"] == "1"
        return str(partial["errorMessage"])
    success = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert success.rejected_spans == 1
    return success.error_message


def test_case_01_an_empty_body_is_an_empty_request(running: Receiver) -> None:
    response = running.post("/v1/traces", b"", PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "application/x-protobuf"


def test_case_02_an_empty_object_is_an_empty_request(running: Receiver) -> None:
    response = running.post("/v1/traces", b"{}", JSON)
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["Content-Type"] == "application/json"


def test_case_03_an_empty_envelope_stores_nothing(running: Receiver) -> None:
    response = running.post("/v1/traces", b'{"resourceSpans":[{"scopeSpans":[]}]}', JSON)
    assert (response.status_code, response.content) == (200, b"{}")
    assert running.trace_requests() == []


def test_case_04_truncated_protobuf_is_bad_data(running: Receiver) -> None:
    response = running.post("/v1/traces", bytes.fromhex("0affffffff0f"), PROTOBUF)
    assert response.status_code == 400
    assert status_of(response).code == 3
    assert not status_of(response).details
    assert "Retry-After" not in response.headers
    assert running.refused() == {"bad_data": 1}


def test_case_05_random_bytes_never_meet_a_server_error(running: Receiver) -> None:
    seeded = random.Random(5)
    with running.client as client:
        statuses = {
            client.post("/v1/traces", content=seeded.randbytes(64), headers=PROTOBUF).status_code for _ in range(2000)
        }
    assert statuses <= {200, 400}
    assert running.spans() == []


@pytest.mark.parametrize("body", [b"{", b'{"resourceSpans":[]', b"{} x", b"{}{}", b'{"a":1,}', b"", b"NaN", b"\xff{}"])
def test_case_06_broken_json_is_bad_data(running: Receiver, body: bytes) -> None:
    response = running.post("/v1/traces", body, JSON)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/json")
    assert status_of(response).code == 3


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1234", b"true"])
def test_case_07_json_that_is_no_object_is_bad_data(running: Receiver, body: bytes) -> None:
    response = running.post("/v1/traces", body, JSON)
    assert (response.status_code, status_of(response).code) == (400, 3)


@pytest.mark.parametrize("kind", [None, "text/plain", "invalid", "application/octet-stream"])
def test_case_08_an_unknown_content_type_is_refused_in_json(running: Receiver, kind: str | None) -> None:
    response = running.post("/v1/traces", b"{}", {"Content-Type": kind} if kind else {})
    assert (response.status_code, response.headers["Content-Type"]) == (415, "application/json")
    assert status_of(response).code == 3
    assert running.refused() == {"unsupported_media_type": 1}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "APPLICATION/JSON ;x=y"])
def test_case_09_parameters_and_case_of_a_content_type_do_not_matter(running: Receiver, kind: str) -> None:
    response = running.post("/v1/traces", json_traces(json_span()), {"Content-Type": kind})
    assert (response.status_code, response.content) == (200, b"{}")
    assert [stored.name for stored in running.spans()] == ["span 1"]


def test_case_10_a_body_that_is_not_what_its_content_type_says_is_bad_data(running: Receiver) -> None:
    assert running.post("/v1/traces", traces(span()).SerializeToString(), JSON).status_code == 400
    assert running.post("/v1/traces", json_traces(json_span()), PROTOBUF).status_code == 400
    assert running.spans() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND"])
def test_case_11_other_methods_are_told_which_one_is_allowed(running: Receiver, method: str) -> None:
    with running.client as client:
        response = client.request(method, "/v1/traces")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_case_12_an_unknown_path_below_v1_is_not_found(running: Receiver) -> None:
    response = running.post("/v1/unknown", b"", PROTOBUF)
    assert (response.status_code, status_of(response).code) == (404, 5)
    assert dict(running.intake.counters.refused) == {("unknown", "otlp_http", "not_found"): 1}


def test_case_13_only_listed_origins_may_send_from_a_browser(tmp_path: Path) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    with receiver(tmp_path / "listed", "--cors-origins", "https://shop.example") as running, running.client as client:
        listed = client.options("/v1/traces", headers=asks | {"Origin": "https://shop.example"})
        other = client.options("/v1/traces", headers=asks | {"Origin": "https://evil.example"})
        sent = client.post("/v1/traces", content=b"{}", headers=JSON | {"Origin": "https://shop.example"})
    assert (listed.status_code, listed.headers["Access-Control-Allow-Origin"]) == (204, "https://shop.example")
    assert listed.headers["Access-Control-Allow-Methods"] == "POST"
    assert (other.status_code, other.headers["Allow"], other.headers["Vary"]) == (405, "POST", "Origin")
    assert "Access-Control-Allow-Origin" not in other.headers
    assert sent.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def exchange(running: Receiver, sent: bytes, *, wait: float = 30) -> bytes:
    """Send raw bytes and read until the server closes."""
    with socket.create_connection(("127.0.0.1", running.http_port), timeout=wait) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def raw_request(headers: str, body: bytes = b"") -> bytes:
    return f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n".encode() + body


def test_case_14_a_plain_body_over_the_limit_is_refused_and_the_connection_closed(running: Receiver) -> None:
    over = raw_request(f"Content-Length: {CAP + 1}\r\n", b"x" * 1000)
    answer = exchange(running, over)  # reads to the end: the server closed without waiting for the rest
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()
    assert running.refused() == {"body_too_large": 1}


def test_case_15_a_gzip_bomb_is_inflated_no_further_than_the_limit(running: Receiver) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    response = running.post("/v1/traces", bomb[: CAP - 1], GZIP)
    assert (response.status_code, status_of(response).code) == (413, 8)
    assert not status_of(response).details


def test_case_16_a_zstd_bomb_and_a_giant_window_are_refused(running: Receiver) -> None:
    zstd = pytest.importorskip("backports.zstd")
    headers = PROTOBUF | {"Content-Encoding": "zstd"}
    assert running.post("/v1/traces", zstd.compress(bytes(2**28)), headers).status_code == 413
    # A frame header alone: no single segment, a window of 2 GiB, then one raw block of one byte.
    giant = bytes.fromhex("28b52ffd") + bytes([0x00, 21 << 3]) + struct.pack("<I", 1 | 1 << 3)[:3] + b"\x00"
    assert running.post("/v1/traces", giant, headers).status_code == 400
    good = zstd.compress(traces(span()).SerializeToString())
    assert running.post("/v1/traces", good, headers).status_code == 200
    assert [stored.name for stored in running.spans()] == ["span 1"]


def test_case_17_a_snappy_block_is_refused_before_anything_is_allocated_for_it(running: Receiver) -> None:
    claims_4_gib = b"\xff\xff\xff\xff\x0f" + bytes(10)
    response = running.post("/v1/traces", claims_4_gib, PROTOBUF | {"Content-Encoding": "snappy"})
    assert (response.status_code, status_of(response).code) == (413, 8)


def test_snappy_is_taken_as_one_block(running: Receiver) -> None:
    headers = PROTOBUF | {"Content-Encoding": "snappy"}
    plain = traces(span()).SerializeToString()
    assert running.post("/v1/traces", bytes(cramjam.snappy.compress_raw(plain)), headers).status_code == 200
    assert running.post("/v1/traces", bytes(cramjam.snappy.compress(plain)), headers).status_code == 400
    assert [stored.name for stored in running.spans()] == ["span 1"]


def test_case_18_gzip_that_is_none_is_bad_data(running: Receiver) -> None:
    response = running.post("/v1/traces", traces(span()).SerializeToString(), GZIP)
    assert (response.status_code, status_of(response).code) == (400, 3)


def test_case_19_gzip_cut_off_or_with_junk_is_bad_data_and_members_are_joined(running: Receiver) -> None:
    first = gzip.compress(traces(span(1)).SerializeToString())
    second = gzip.compress(traces(span(2)).SerializeToString())
    assert running.post("/v1/traces", first[:-9], GZIP).status_code == 400
    assert running.post("/v1/traces", first + b"junk", GZIP).status_code == 400
    assert running.spans() == []
    assert running.post("/v1/traces", first + second, GZIP).status_code == 200
    assert [stored.name for stored in running.spans()] == ["span 1", "span 2"]


def test_case_19_every_member_counts_to_the_limit(running: Receiver) -> None:
    half = gzip.compress(bytes(CAP // 2 + 1))
    assert running.post("/v1/traces", half + half, GZIP).status_code == 413


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "lz4", "x" * 1000])
def test_case_20_an_unknown_content_encoding_is_bad_data(running: Receiver, encoding: str) -> None:
    response = running.post("/v1/traces", b"x", PROTOBUF | {"Content-Encoding": encoding})
    assert response.status_code == 400
    assert "gzip, deflate, zstd" in status_of(response).message
    assert len(status_of(response).message) < 300


def test_deflate_is_taken_in_both_of_its_forms(running: Receiver) -> None:
    headers = PROTOBUF | {"Content-Encoding": "deflate"}
    raw = zlib.compressobj(wbits=-15)
    assert running.post("/v1/traces", zlib.compress(traces(span(1)).SerializeToString()), headers).status_code == 200
    body = raw.compress(traces(span(2)).SerializeToString()) + raw.flush()
    assert running.post("/v1/traces", body, headers).status_code == 200
    assert [stored.name for stored in running.spans()] == ["span 1", "span 2"]


def test_case_21_a_body_that_does_not_come_is_given_up(running: Receiver) -> None:
    answer = exchange(running, raw_request("Content-Length: 100\r\n", b"{"))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert running.refused() == {"body_timeout": 1}
    assert running.spans() == []


def test_case_21_a_sender_that_leaves_is_counted(running: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", running.http_port)) as connection:
        connection.sendall(raw_request("Content-Length: 100\r\n", b"{"))
    with running.client as client:
        while running.refused() == {}:
            client.post("/v1/traces", content=b"", headers=PROTOBUF)
    assert running.refused() == {"sender_left": 1}


def test_case_22_a_giant_content_length_is_refused_on_the_headers_alone(running: Receiver) -> None:
    assert exchange(running, raw_request("Content-Length: 3000000000\r\n")).startswith(b"HTTP/1.1 413 ")


def test_case_23_a_chunked_body_past_the_limit_is_refused(running: Receiver) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = exchange(running, raw_request("Transfer-Encoding: chunked\r\n", chunk * 17))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_case_24_slow_senders_are_cut_off_and_others_are_served(running: Receiver) -> None:
    slow = [socket.create_connection(("127.0.0.1", running.http_port), timeout=30) for _ in range(200)]
    for connection in slow:
        connection.sendall(raw_request("Content-Length: 100\r\n", b"{"))
    assert running.post("/v1/traces", traces(span()).SerializeToString(), PROTOBUF).status_code == 200
    for connection in slow:
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        connection.close()
    assert running.refused() == {"body_timeout": 200}


@pytest.mark.parametrize("beginning", [b"", b"POST /v1/traces HTTP/1.1\r\n", b"POST /v1/traces HTTP/1.1\r\nA: b"])
def test_case_24_headers_that_do_not_come_are_given_up(running: Receiver, beginning: bytes) -> None:
    assert exchange(running, beginning).startswith(b"HTTP/1.1 408 ")
    # A connection on which nothing was sent is no request.
    assert dict(running.intake.counters.refused) == ({("unknown", "http", "headers_timeout"): 1} if beginning else {})


def test_case_24_headers_of_a_second_request_that_do_not_come_are_given_up(running: Receiver) -> None:
    first = raw_request("Content-Length: 2\r\n", b"{}")
    answer = exchange(running, first + b"POST /v1/tr")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer
    assert running.refused() == {"headers_timeout": 1}


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_http_is_refused_and_counted(running: Receiver, sent: bytes) -> None:
    assert exchange(running, sent).startswith(b"HTTP/1.1 400 ")
    assert dict(running.intake.counters.refused) == {("unknown", "http", "bad_http"): 1}


def test_case_58_headers_without_an_end_are_not_collected(running: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", running.http_port), timeout=30) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nX: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 2**26:
                sent += connection.send(b"x" * 65536)
    assert sent < 2**26
    assert dict(running.intake.counters.refused) == {("unknown", "http", "headers_too_large"): 1}


def test_case_58_headers_of_60_kib_are_taken(running: Receiver) -> None:
    headers = "".join(f"X-{n}: {'x' * 1000}\r\n" for n in range(58))
    answer = exchange(running, raw_request(headers + "Connection: close\r\nContent-Length: 2\r\n", b"{}"))
    assert answer.startswith(b"HTTP/1.1 200 ")


BAD_TRACE_IDS = ["0" * 31 + "1", "0" * 32 + "1", "", "zz" * 16, "0" * 32, "0" * 31]


@pytest.mark.parametrize("trace_id", BAD_TRACE_IDS)
def test_case_25_a_span_with_a_bad_trace_id_is_rejected_alone(running: Receiver, trace_id: str) -> None:
    if trace_id == "0" * 31 + "1":
        trace_id = trace_id[1:]
    message = rejected_one(running, json_traces(json_span(1), json_span(2, traceId=trace_id)), JSON)
    assert "resourceSpans[0].scopeSpans[0].spans[1]" in message
    assert [stored.name for stored in running.spans()] == ["span 1"]
    assert running.refused() == {"invalid_id": 1}


@pytest.mark.parametrize("trace_id", BAD_TRACE_IDS[1:])
def test_case_25_a_batch_of_nothing_but_bad_trace_ids_is_bad_data(running: Receiver, trace_id: str) -> None:
    response = running.post("/v1/traces", json_traces(json_span(1, traceId=trace_id)), JSON)
    assert (response.status_code, status_of(response).code) == (400, 3)


@pytest.mark.parametrize("span_id", ["0" * 16, "", "1" * 15, "1" * 17, "1" * 32, "g" * 16])
def test_case_26_a_span_with_a_bad_span_id_is_rejected_alone(running: Receiver, span_id: str) -> None:
    message = rejected_one(running, json_traces(json_span(1), json_span(2, spanId=span_id)), JSON)
    assert "span id" in message
    assert [stored.name for stored in running.spans()] == ["span 1"]


@pytest.mark.parametrize("parent", ["1" * 15, "1" * 18, "parent"])
def test_case_26_a_span_with_a_bad_parent_id_is_rejected_alone(running: Receiver, parent: str) -> None:
    message = rejected_one(running, json_traces(json_span(1), json_span(2, parentSpanId=parent)), JSON)
    assert "parent span id" in message


def test_case_27_upper_and_mixed_case_ids_are_accepted(running: Receiver) -> None:
    upper, mixed = "ABCDEF0123456789ABCDEF0123456789", "AbCdEf0123456789"
    response = running.post("/v1/traces", json_traces(json_span(traceId=upper, spanId=mixed)), JSON)
    assert response.content == b"{}"
    assert [(s.trace_id.hex(), s.span_id.hex()) for s in running.spans()] == [(upper.lower(), mixed.lower())]


def test_case_28_base64_ids_are_rejected_and_never_decoded(running: Receiver) -> None:
    encoded = "AAAAAAAAAAAAAAAAAAAAAQ=="
    rejected_one(running, json_traces(json_span(1), json_span(2, traceId=encoded)), JSON)
    rejected_one(running, json_traces(json_span(3), json_span(4, spanId="AAAAAAAAAAE=")), JSON)
    assert [stored.name for stored in running.spans()] == ["span 1", "span 3"]


@pytest.mark.parametrize(
    "fields", [{"trace_id": b"1" * 15}, {"trace_id": b"1" * 17}, {"span_id": b"1" * 4}, {"parent_span_id": b"1" * 16}]
)
def test_case_29_ids_of_a_wrong_length_in_protobuf_are_rejected(running: Receiver, fields: dict[str, bytes]) -> None:
    body = traces(span(1), span(2, **fields), span(3)).SerializeToString()
    assert "spans[1]" in rejected_one(running, body, PROTOBUF)
    assert [stored.name for stored in running.spans()] == ["span 1", "span 3"]


def test_case_30_unknown_fields_are_ignored_at_every_level(running: Receiver) -> None:
    document = json.loads(json_traces(json_span(1, unknown={"deep": [1]}, flags=1)))
    document["unknown"] = [None]
    document["resourceSpans"][0]["unknown"] = 1
    document["resourceSpans"][0]["scopeSpans"][0]["unknown"] = "x"
    assert running.post("/v1/traces", json.dumps(document), JSON).content == b"{}"
    body = traces(span(2)).SerializeToString() + b"\xfa\x3f\x03abc"
    assert running.post("/v1/traces", body, PROTOBUF).status_code == 200
    assert [stored.name for stored in running.spans()] == ["span 1", "span 2"]


def test_a_sender_cannot_speak_for_the_collector(running: Receiver) -> None:
    """Fields of our numbers in a sender's body would name its project and time: they are taken out."""
    forged = traces(span(1)).SerializeToString() + b"\xc2\x3e\x05other" + b"\xc9\x3e" + bytes(8)
    assert running.post("/v1/traces", forged, PROTOBUF).status_code == 200
    [request] = running.trace_requests()
    assert request.SerializeToString().count(b"\xc2\x3e") == 1
    assert b"other" not in request.SerializeToString()


def test_case_31_the_name_of_an_enum_is_refused(running: Receiver) -> None:
    response = running.post("/v1/traces", json_traces(json_span(kind="SPAN_KIND_SERVER")), JSON)
    assert response.status_code == 400
    assert "resourceSpans[0].scopeSpans[0].spans[0].kind" in status_of(response).message


def test_case_32_unknown_numbers_of_enums_are_kept(running: Receiver) -> None:
    assert running.post("/v1/traces", json_traces(json_span(kind=99, status={"code": 9})), JSON).content == b"{}"
    assert [(s.kind, s.status.code) for s in running.spans()] == [(99, 9)]


def test_case_33_snake_case_keys_are_unknown_fields(running: Receiver) -> None:
    body = json_traces(json_span(start_time_unix_nano="5", startTimeUnixNano="7"))
    assert running.post("/v1/traces", body, JSON).content == b"{}"
    assert [s.start_time_unix_nano for s in running.spans()] == [7]


def test_case_34_integers_are_numbers_or_strings(running: Receiver) -> None:
    running.post("/v1/traces", json_traces(json_span(1, startTimeUnixNano=START)), JSON)
    running.post("/v1/traces", json_traces(json_span(2, startTimeUnixNano=str(START))), JSON)
    assert [s.start_time_unix_nano for s in running.spans()] == [START, START]


@pytest.mark.parametrize("time", [2**64, -1, 1.5e18, "abc", "", "18446744073709551616", True, [], "1 ", "٣"])
def test_case_35_a_time_that_is_no_uint64_is_bad_data(running: Receiver, time: object) -> None:
    response = running.post("/v1/traces", json_traces(json_span(1), json_span(2, startTimeUnixNano=time)), JSON)
    assert response.status_code == 400
    assert "resourceSpans[0].scopeSpans[0].spans[1].startTimeUnixNano" in status_of(response).message


def test_cases_36_and_37_odd_times_are_accepted_as_they_are(running: Receiver) -> None:
    times = [(0, 0), (START, START - 5), (9_300_000_000_000_000_000, 9_300_000_000_000_000_001), (START, 0), (1, 2)]
    odd = [span(n, start_time_unix_nano=0) for n in range(1, 6)]
    for made, (start, end) in zip(odd, times, strict=True):
        made.start_time_unix_nano, made.end_time_unix_nano = start, end
    response = running.post("/v1/traces", traces(*odd).SerializeToString(), PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert [(s.start_time_unix_nano, s.end_time_unix_nano) for s in running.spans()] == times


def test_case_38_numbers_that_json_does_not_have_are_read_from_strings(running: Receiver) -> None:
    values = ["NaN", "Infinity", "-Infinity", "1.5", 2]
    attributes = [{"key": "x", "value": {"doubleValue": value}} for value in values]
    assert running.post("/v1/traces", json_traces(json_span(attributes=attributes)), JSON).content == b"{}"
    [stored] = running.spans()
    found = [attribute.value.double_value for attribute in stored.attributes]
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, 1.5, 2.0]


def test_case_38_bare_nan_is_no_json(running: Receiver) -> None:
    body = json_traces(json_span(attributes=[{"key": "x", "value": {"doubleValue": math.nan}}]))
    assert running.post("/v1/traces", body, JSON).status_code == 400


def test_case_39_values_of_every_kind_are_accepted(running: Receiver) -> None:
    values = [
        {},
        {"bytesValue": "AAEC_-8="},
        {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}},
        {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}, {}]}},
    ]
    attributes = [{"key": str(n), "value": value} for n, value in enumerate(values)]
    assert running.post("/v1/traces", json_traces(json_span(attributes=attributes)), JSON).content == b"{}"
    expected = [
        KeyValue(key="0", value=AnyValue()),
        KeyValue(key="1", value=AnyValue(bytes_value=b"\x00\x01\x02\xff\xef")),
        KeyValue(key="2", value=AnyValue()),
        KeyValue(key="3", value=AnyValue()),
    ]
    expected[2].value.kvlist_value.values.append(KeyValue(key="a", value=AnyValue(bool_value=True)))
    expected[3].value.array_value.values.extend([AnyValue(string_value="a"), AnyValue(int_value=1), AnyValue()])
    assert list(running.spans()[0].attributes) == expected


def test_case_40_duplicate_keys_reach_the_store_as_they_are(running: Receiver) -> None:
    twice = [KeyValue(key="x", value=AnyValue(int_value=n)) for n in (1, 2)]
    running.post("/v1/traces", traces(span(attributes=twice)).SerializeToString(), PROTOBUF)
    assert list(running.spans()[0].attributes) == twice


def test_case_41_many_and_long_attributes_are_kept_whole(running: Receiver) -> None:
    many = [KeyValue(key=f"k{n}", value=AnyValue(int_value=n)) for n in range(10_000)]
    long = [KeyValue(key="x" * 65_536, value=AnyValue(string_value="y" * 500_000))]
    sent = [span(1, attributes=many), span(2, attributes=long)]
    response = running.post("/v1/traces", traces(*sent).SerializeToString(), PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert running.spans() == sent


def test_case_42_values_nested_5000_deep_in_protobuf_are_bad_data(running: Receiver) -> None:
    value = b""
    for _ in range(5000):
        inner = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(inner)) + inner
    attribute = b"\x0a\x01x\x12" + varint(len(value)) + value
    body = traces(span()).SerializeToString()
    wrapped = field(1, field(2, field(2, span().SerializeToString() + field(9, attribute))))
    assert running.post("/v1/traces", body + wrapped, PROTOBUF).status_code == 400
    assert running.spans() == []


def test_case_43_json_nested_200000_deep_is_bad_data(running: Receiver) -> None:
    assert running.post("/v1/traces", "[" * 200_000 + "]" * 200_000, JSON).status_code == 400
    deep = '{"arrayValue":{"values":[' * 200 + "{}" + "]}}" * 200
    body = json_traces(json_span(attributes=[{"key": "x", "value": 0}])).replace('"value": 0', f'"value": {deep}')
    response = running.post("/v1/traces", body, JSON)
    assert (response.status_code, "nested deeper" in status_of(response).message) == (400, True)


def test_what_json_may_nest_can_be_read_back_from_protobuf(running: Receiver) -> None:
    """The deepest JSON that is accepted must not be what the reader of the spool refuses."""
    for depth in range(30, 60):
        deep = '{"arrayValue":{"values":[' * depth + "{}" + "]}}" * depth
        body = json_traces(json_span(attributes=[{"key": "x", "value": 0}])).replace('"value": 0', f'"value": {deep}')
        running.post("/v1/traces", body, JSON)
    assert len(running.trace_requests()) > 10


def test_case_44_text_that_is_not_utf8_is_bad_data(running: Receiver) -> None:
    body = traces(span(name="caf\u00e9")).SerializeToString().replace("\u00e9".encode(), b"\xe9x")
    assert running.post("/v1/traces", body, PROTOBUF).status_code == 400


@pytest.mark.parametrize("name", ["a\x00b", "\u202eabc\u200d", "\U0001f600", "é"])
def test_case_45_odd_text_is_kept(running: Receiver, name: str) -> None:
    assert running.post("/v1/traces", json_traces(json_span(name=name)), JSON).content == b"{}"
    assert [stored.name for stored in running.spans()] == [name]


def test_case_45_a_lone_surrogate_becomes_the_replacement_character(running: Receiver) -> None:
    body = json_traces(json_span(name="?")).replace('"?"', r'"a\ud800b \ud83d\ude00"')
    assert running.post("/v1/traces", body, JSON).content == b"{}"
    assert [stored.name for stored in running.spans()] == ["a\ufffdb \U0001f600"]


def test_case_46_a_resource_without_a_service_name_is_accepted(running: Receiver) -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(span())
    assert running.post("/v1/traces", request.SerializeToString(), PROTOBUF).content == b""
    assert len(running.spans()) == 1


@pytest.mark.parametrize("name", ["<script>", "'; DROP TABLE spans", "%0d%0a", "\x1b[2J"])
def test_case_47_hostile_text_is_stored_as_it_is(running: Receiver, name: str) -> None:
    running.post("/v1/traces", traces(span(name=name)).SerializeToString(), PROTOBUF)
    assert running.spans()[0].name == span(name=name).name


def test_case_47_hostile_text_is_escaped_in_what_we_say(running: Receiver) -> None:
    answer = exchange(
        running, raw_request("Connection: close\r\n").replace(b"application/json", b"a/\x9b2J" + b"x" * 999)
    )
    message = json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    assert message.startswith("Content-Type 'a/\\x9b2jxxx")
    assert len(message) < 400


def test_case_48_the_same_body_is_stored_once(running: Receiver) -> None:
    body = traces(span()).SerializeToString()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(running.post("/v1/traces", body, PROTOBUF).status_code))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.append(running.post("/v1/traces", gzip.compress(body), GZIP).status_code)
    assert answers == [200] * 4
    assert [stored.name for stored in running.spans()] == ["span 1"]


def test_case_49_different_spans_of_the_same_ids_are_both_kept(running: Receiver) -> None:
    running.post("/v1/traces", traces(span(1, kind=2)).SerializeToString(), PROTOBUF)
    running.post("/v1/traces", traces(span(1, kind=3)).SerializeToString(), PROTOBUF)
    assert [stored.kind for stored in running.spans()] == [2, 3]


def test_case_50_a_span_may_be_its_own_parent(running: Receiver) -> None:
    own = span(1, parent_span_id=(1).to_bytes(8))
    assert running.post("/v1/traces", traces(own).SerializeToString(), PROTOBUF).content == b""
    assert running.spans() == [own]


def test_case_52_the_good_span_beside_a_bad_one_is_stored(running: Receiver) -> None:
    message = rejected_one(running, traces(span(1), span(2, span_id=b"12345678x")).SerializeToString(), PROTOBUF)
    assert message.startswith("1 of 2 spans were rejected; the first: resourceSpans[0].scopeSpans[0].spans[1]")
    assert [stored.name for stored in running.spans()] == ["span 1"]


def test_case_57_a_sender_that_accepts_gzip_can_read_the_answer(running: Receiver) -> None:
    response = running.post("/v1/traces", b"{}", JSON | {"Accept-Encoding": "gzip"})
    assert response.json() == {}


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/traces HTTP/1.0\r\nX: " + b"x" * 2**20 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n"
        + b"".join(b"H%d: x\r\n" % n for n in range(10_000))
        + b"Connection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: a\x00b\r\nConnection: close\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_case_58_broken_http_never_meets_a_server_error(running: Receiver, request_bytes: bytes) -> None:
    try:
        answer = exchange(running, request_bytes, wait=5)
    except (ConnectionError, TimeoutError):
        return
    assert answer.startswith(b"HTTP/1.1 4")


def test_case_58_http_1_0_is_served(running: Receiver) -> None:
    sent = b"POST /v1/traces HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    assert exchange(running, sent).startswith(b"HTTP/1.1 200 ")


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content
