"""Every decoder against bytes that nobody sends on purpose: it answers with a message or with BadData, never else."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spanwise_collector.errors import Refused
from spanwise_collector.receive import jaeger, zipkin_json, zipkin_proto, zipkin_v1
from spanwise_collector.receive.body import inflate
from spanwise_collector.receive.check import check
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.spool import Signal

from tests.collector.receive import thrift_writer as write
from tests.collector.receive.factories import json_span, json_traces, logs, record, span, traces
from tests.collector.receive.test_jaeger_cases import batch, proto_request, span_fields
from tests.collector.receive.test_zipkin_cases import FULL, V1, v1_thrift

ROUNDS = int(os.environ.get("SPANWISE_FUZZ_ROUNDS", "2000"))
CALL: write.Fields = {1: (write.STRUCT, batch(span_fields()))}
VALUES = [{"stringValue": "x"}, {"intValue": "1"}, {"arrayValue": {"values": [{}]}}, {"kvlistValue": {"values": []}}]
RICH = json_span(attributes=[{"key": str(n), "value": value} for n, value in enumerate(VALUES)], status={"code": 2})

DECODERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "otlp traces": (lambda body: check(Signal.TRACES, body), traces(span(1), span(2)).SerializeToString()),
    "otlp logs": (lambda body: check(Signal.LOGS, body), logs(record("a"), record("b")).SerializeToString()),
    "otlp json": (lambda body: check(Signal.TRACES, from_json(Signal.TRACES, body)), json_traces(RICH).encode()),
    "zipkin v2 json": (zipkin_json.decode_v2, json.dumps([FULL]).encode()),
    "zipkin v2 protobuf": (zipkin_proto.decode_proto, traces(span(1)).SerializeToString()),
    "zipkin v1 json": (zipkin_v1.decode_v1_json, json.dumps([V1]).encode()),
    "zipkin v1 thrift": (zipkin_v1.decode_v1_thrift, v1_thrift()),
    "jaeger thrift": (jaeger.decode_thrift, write.binary((write.STRUCT, batch(span_fields())))),
    "jaeger compact": (jaeger.decode_compact_packet, write.compact_call("emitBatch", CALL)),
    "jaeger binary": (jaeger.decode_binary_packet, write.binary_call("emitBatch", CALL)),
    "jaeger protobuf": (jaeger.decode_post_spans, proto_request().SerializeToString()),
    "gzip": (lambda body: inflate(body, "gzip", 1000), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
    "deflate": (lambda body: inflate(body, "deflate", 1000), b"\x78\x9c\x4b\x04\x00"),
    "zstd": (lambda body: inflate(body, "zstd", 1000), b"\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00a"),
}


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """A few bytes of a good body flipped, cut out, doubled or replaced by an extreme."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 16)]
            case 3:
                data[at : at + 1] = chance.choice((b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"-1", b"null", b"[", b"{}"))
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", DECODERS)
def test_mutated_bodies_are_decoded_or_refused(name: str) -> None:
    decode, seed = DECODERS[name]
    chance = random.Random(name)
    outcomes = [tried(decode, mutated(seed, chance)) for _ in range(ROUNDS)]
    print(f"{name}: {len(outcomes)} executions, {sum(outcomes)} decoded")


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.differing_executors], deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(name: str, body: bytes) -> None:
    tried(DECODERS[name][0], body)


def tried(decode: Callable[[bytes], Any], body: bytes) -> bool:
    try:
        decode(body)
    except Refused:
        return False
    return True
