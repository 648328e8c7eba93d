"""The numbered cases of Loki's push, each over a real socket."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from typing import Any

import cramjam
import httpx
import pytest
from spanwise_collector.receive.declared import loki_push
from spanwise_collector.receive.loki import parse_labels

from tests.collector.receive.running import JSON, PROTOBUF, Receiver

PATH = "/loki/api/v1/push"
DAY = 86400 * 10**9
Stream = tuple[str, list[tuple[int, str, dict[str, str]]]]


def now() -> int:
    return time.time_ns()


def stream(*values: Any, **labels: str) -> dict[str, Any]:
    return {"stream": labels or {"app": "shop"}, "values": list(values)}


def push(running: Receiver, *streams: Any) -> httpx.Response:
    return running.post(PATH, json.dumps({"streams": streams}), JSON)


def snappy(*streams: Stream) -> bytes:
    request = loki_push()()
    for labels, entries in streams:
        made = request.streams.add(labels=labels)
        for moment, line, metadata in entries:
            entry = made.entries.add(line=line)
            entry.timestamp.seconds, entry.timestamp.nanos = divmod(moment, 10**9)
            for name, value in metadata.items():
                entry.metadata.add(name=name, value=value)
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def bodies(running: Receiver) -> list[str]:
    return [record.body.string_value for record in running.records()]


def attributes(pairs: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in pairs}


def test_protobuf_is_stored_with_its_labels_and_metadata(running: Receiver) -> None:
    moment = now()
    labels = '{app="shop", pod="shop-1", level="warn", path="a\\"\\u00e9\\n"}'
    body = snappy((labels, [(moment, "hello", {"trace_id": "1" * 32, "user": "7"})]))
    answer = running.post(PATH, body, PROTOBUF)
    assert (answer.status_code, answer.content) == (204, b"")
    [request] = running.log_requests()
    assert attributes(request.resource_logs[0].resource.attributes) == {
        "service.name": "shop", "k8s.pod.name": "shop-1", "app": "shop", "pod": "shop-1", "level": "warn",
        "path": 'a"é\n',
    }  # fmt: skip
    [record] = running.records()
    assert (record.time_unix_nano, record.body.string_value, record.severity_number) == (moment, "hello", 13)
    assert (record.trace_id.hex(), attributes(record.attributes)) == ("1" * 32, {"trace_id": "1" * 32, "user": "7"})


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_json_is_stored_compressed_or_not(running: Receiver, encoding: str) -> None:
    moment = now()
    body = json.dumps({"streams": [stream([str(moment), "a"], [str(moment), "b", {"k": "v"}])]}).encode()
    packed = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    assert running.post(PATH, packed, JSON | {"Content-Encoding": encoding}).status_code == 204
    assert [(r.time_unix_nano, r.body.string_value, attributes(r.attributes)) for r in running.records()] == [
        (moment, "a", {}),
        (moment + 1, "b", {"k": "v"}),
    ]


def test_lines_of_json_and_logfmt_are_read_as_elsewhere_and_what_is_said_beside_them_counts_first(
    running: Receiver,
) -> None:
    moment = now()
    line = {"message": "card declined", "level": "error", "trace_id": "2" * 32, "user": "of the line", "n": {"a": [1]}}
    values = [
        [str(moment), json.dumps(line)],
        [str(moment), json.dumps(line), {"user": "beside", "trace_id": "1" * 32, "level": "warn"}],
        [str(moment), 'level=error msg="card declined" n=1'],
        [str(moment), '{"message": '],
    ]
    assert push(running, stream(*values)).status_code == 204
    own, beside, logfmt, broken = running.records()
    assert (own.time_unix_nano, own.body.string_value, own.severity_number) == (moment, "card declined", 17)
    assert (own.trace_id.hex(), [each.key for each in own.attributes]) == ("2" * 32, ["user", "n"])
    assert (beside.body.string_value, beside.severity_number, beside.trace_id.hex()) == ("card declined", 13, "1" * 32)
    assert attributes(beside.attributes)["user"] == "beside"
    assert (logfmt.body.string_value, logfmt.severity_number) == ("card declined", 17)
    assert (attributes(logfmt.attributes), broken.body.string_value) == ({"n": "1"}, '{"message": ')


def test_labels_count_before_what_a_line_of_json_says(running: Receiver) -> None:
    line = json.dumps({"message": "hi", "level": "error", "service": "of the line"})
    assert push(running, stream([str(now()), line], app="shop", level="warn")).status_code == 204
    assert push(running, stream([str(now()), line], zone="a")).status_code == 204
    services = [
        attributes(each.resource.attributes)["service.name"] for r in running.log_requests() for each in r.resource_logs
    ]
    assert (services, [each.severity_number for each in running.records()]) == (["shop", "of the line"], [13, 17])


def test_what_is_sent_again_is_stored_once(running: Receiver) -> None:
    body = snappy(('{app="a"}', [(now(), "x", {})]))
    assert [running.post(PATH, body, PROTOBUF).status_code for _ in range(3)] == [204] * 3
    assert bodies(running) == ["x"]


def test_case_80_a_timestamp_must_be_text(running: Receiver) -> None:
    answer = push(running, stream([now(), "a"]))
    assert answer.status_code == 400
    assert answer.text == "streams[0].values[0]: the timestamp is no string of nanoseconds since the epoch."
    assert running.refused() == {"bad_data": 1}


BAD_LABELS = {
    "{}": "has no labels",
    "{a=}": "cannot be read at 'a=}'",
    "{" + ",".join(f'l{n}="x"' for n in range(1000)) + "}": "has 1000 labels; loki_max_labels is 30",
    '{a="' + "x" * 2**19 + '"}': "label 'a' that is too long; loki_max_label_bytes is 2048",
    '{__x__="1"}': "label '__x__': names that begin with __ are for internal use",
    '{a="1", a="2"}': "has a label twice",
    '{a-b="1"}': "label 'a-b', which is no name",
    "a": "not in braces",
}


@pytest.mark.parametrize("labels", BAD_LABELS, ids=BAD_LABELS.values())
def test_case_81_a_stream_of_bad_labels_is_named_and_the_others_are_stored(running: Receiver, labels: str) -> None:
    good: Stream = ('{app="a"}', [(now(), "good", {})])
    answer = running.post(PATH, snappy((labels, [(now(), "bad", {})]), good), PROTOBUF)
    assert answer.status_code == 400
    assert answer.text.startswith("1 records were refused, the other 1 are stored. The stream ")
    assert BAD_LABELS[labels].split(" at ")[0] in answer.text
    assert len(answer.text) < 500
    assert bodies(running) == ["good"]
    assert running.refused() == {"bad_data": 1, "invalid_record": 1}


def test_case_82_long_lines_are_cut_empty_ones_kept_and_control_characters_stored(running: Receiver) -> None:
    odd = "\x1b[31mred\r\nline\x00"
    answer = push(running, stream([str(now()), "x" * 500_000], [str(now()), ""], [str(now()), odd]))
    assert answer.status_code == 204
    long, empty, kept = running.records()
    assert (len(long.body.string_value), attributes(long.attributes)) == (262_144, {"spanwise.cut_bytes": 237_856})
    assert (empty.body.WhichOneof("value"), empty.body.string_value, kept.body.string_value) == (
        "string_value",
        "",
        odd,
    )


@pytest.mark.parametrize("offset", [-30 * DAY, DAY, "ms"])
def test_case_83_a_time_outside_the_window_is_refused_alone(running: Receiver, offset: Any) -> None:
    moment = now() // 10**6 if offset == "ms" else now() + offset
    answer = push(running, stream([str(moment), "bad"], [str(now()), "good"], [str(now() - DAY), "out of order"]))
    assert answer.status_code == 400
    assert f"has the timestamp {moment}" in answer.text
    assert ("loki_max_ahead" if offset == DAY else "loki_max_age") in answer.text
    assert bodies(running) == ["good", "out of order"]


def test_case_84_only_a_block_of_snappy_is_taken(running: Receiver) -> None:
    plain = cramjam.snappy.decompress_raw(snappy(('{app="a"}', [(now(), "x", {})])))
    for body in (bytes(plain), bytes(cramjam.snappy.compress(plain)), b"\xff" * 20):
        assert running.post(PATH, body, PROTOBUF).status_code == 400
    claims_4_gib = b"\xff\xff\xff\xff\x0f" + bytes(10)
    assert running.post(PATH, claims_4_gib, PROTOBUF).status_code == 413
    assert running.refused() == {"bad_data": 3, "body_too_large": 1}


@pytest.mark.parametrize("tenant", ["../../x", "a|b", "x" * 8000, ""])
def test_case_85_the_tenant_of_a_header_plays_no_part(running: Receiver, tenant: str) -> None:
    body = snappy(('{app="a"}', [(now(), "x", {})]))
    assert running.post(PATH, body, PROTOBUF | {"X-Scope-OrgID": tenant}).status_code == 204
    assert bodies(running) == ["x"]


@pytest.mark.parametrize(
    "document", ["null", "[]", '{"streams":1}', '{"streams":[1]}', '{"streams":[{"stream":{"a":1},"values":[]}]}', "{"]
)
def test_json_of_another_shape_is_bad_data(running: Receiver, document: str) -> None:
    assert running.post(PATH, document, JSON).status_code == 400


def test_too_many_records_are_refused_and_other_methods_and_types_too(running: Receiver) -> None:
    many = [[str(now()), ""]] * 20
    assert push(running, *[stream(*many)] * 1000).status_code == 204
    with running.client as client:
        assert client.get(PATH).status_code == 405
    assert running.post(PATH, b"x", {"Content-Type": "text/csv"}).status_code == 415
    assert len(running.records()) == 20_000


def test_labels_are_read_as_go_writes_them() -> None:
    assert parse_labels('{a="x",b=`raw\\n`, c="\\x41\\u00e9\\U0001F600\\101\\t"}') == [
        ("a", "x"), ("b", "raw\\n"), ("c", "Aé😀A\t"),
    ]  # fmt: skip
