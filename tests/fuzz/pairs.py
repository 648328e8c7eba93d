"""Every decoder beside a slow plain one of the same format, and what makes valid bodies of it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from spanwise_collector.errors import Refused
from spanwise_collector.receive import check, jaeger, loki, slices, zipkin_json, zipkin_proto, zipkin_v1
from spanwise_collector.receive.check import REQUESTS
from spanwise_collector.receive.log_batch import Decoded
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.spool import Signal

from tests.collector.receive import thrift_writer
from tests.fuzz import (
    making,
    making_jaeger,
    making_zipkin,
    plain_jaeger,
    plain_loki,
    plain_otlp_json,
    plain_protobuf,
    plain_thrift,
    plain_zipkin,
    plain_zipkin_v1,
)
from tests.fuzz.plain_otlp import Broken, Tree, pruned
from tests.fuzz.plain_protobuf import Kind, kind_of, tree_of

PLAIN_REFUSALS = (plain_protobuf.Broken, plain_thrift.Broken)
_SMALL_SLICES = 40


class Pair(NamedTuple):
    """`plain` and `ours` make the same of what `make` makes. The first raises one of PLAIN_REFUSALS, the other Refused.

    `stricter`: there are bodies which only ours refuses, because it believes no length and no type.
    """

    make: Callable[[random.Random], bytes]
    plain: Callable[[bytes], Any]
    ours: Callable[[bytes], Any]
    stricter: bool = False


def otlp(signal: Signal, slice_bytes: int = slices.SLICE_BYTES) -> Pair:
    """OTLP's protobuf: what is spooled has the same fields, less the spans of bad ids; in slices too."""
    kind = kind_of(REQUESTS[signal].DESCRIPTOR)

    def ours(body: bytes) -> Tree:
        with _sliced(slice_bytes):
            return tree_of(REQUESTS[signal].FromString(check.check(signal, body).body))

    # Two kinds of data in one metric, which cannot be, are refused where they are in different slices.
    sliced = slice_bytes != slices.SLICE_BYTES
    return Pair(
        lambda chance: _written(kind, chance),
        lambda body: without_bad_spans(plain_protobuf.read(kind, body)),
        ours,
        stricter=sliced and signal is Signal.METRICS,
    )


@contextmanager
def _sliced(slice_bytes: int) -> Iterator[None]:
    with ExitStack() as stack:
        for module in (check, slices) if slice_bytes != slices.SLICE_BYTES else ():
            stack.enter_context(patch.object(module, "SLICE_BYTES", slice_bytes))
        yield


def _written(kind: Kind, chance: random.Random) -> bytes:
    body = plain_protobuf.write(kind, making.tree(kind, chance))
    unknown = (b"", b"\xfa\x01\x03abc", b"\xf8\x01\x07", b"\xfb\x01\x08\x01\xfc\x01", b"\xc2\x3e\x04evil")
    return body + chance.choice(unknown)


def without_bad_spans(request: Tree) -> Tree:
    """Without spans that have no ids; Broken where no other is left."""
    kept = bad = 0
    for resource in request.get("resource_spans", []):
        for scope in resource.get("scope_spans", []):
            good = [span for span in scope.get("spans", []) if _has_ids(span)]
            kept, bad = kept + len(good), bad + len(scope.get("spans", [])) - len(good)
            scope["spans"] = good
            if not good:
                del scope["spans"]
    if bad and not kept:
        raise Broken("nothing is good")
    return request


def _has_ids(span: Tree) -> bool:
    trace_id, own, parent = (span.get(name, b"") for name in ("trace_id", "span_id", "parent_span_id"))
    return len(trace_id) == 16 and any(trace_id) and len(own) == 8 and any(own) and len(parent) in (0, 8)


def otlp_json(signal: Signal) -> Pair:
    def ours(body: bytes) -> Tree:
        checked = check.check(signal, from_json(signal, body))
        found: Tree = pruned(tree_of(REQUESTS[signal].FromString(checked.body)))
        return found

    return Pair(
        lambda chance: json.dumps(making.otlp_json(signal, chance)).encode(),
        lambda body: pruned(without_bad_spans(plain_otlp_json.read(signal, body))),
        ours,
    )


def translated(
    make: Callable[[random.Random], bytes],
    plain: Callable[[bytes], Tree],
    decode: Callable[[bytes], Any],
    stricter: bool = False,
) -> Pair:
    """A format that becomes OTLP."""
    return Pair(make, plain, lambda body: pruned(tree_of(decode(body))), stricter)


def _json_of(one: Callable[[random.Random], Any]) -> Callable[[random.Random], bytes]:
    return lambda chance: json.dumps([one(chance) for _ in range(chance.randrange(4))]).encode()


def _v1_thrift(chance: random.Random) -> bytes:
    spans = [making_zipkin.v1_struct(chance) for _ in range(chance.randrange(4))]
    return thrift_writer.binary((thrift_writer.LIST, (thrift_writer.STRUCT, spans)))


def _call(write: Callable[[str, thrift_writer.Fields], bytes]) -> Callable[[random.Random], bytes]:
    return lambda chance: write("emitBatch", {1: (thrift_writer.STRUCT, making_jaeger.jaeger_batch(chance))})


# In seconds, long enough that no test comes near their ends.
_FAR = 1e9
_LIMITS = loki.Limits(max_age=_FAR, max_ahead=_FAR, max_labels=3, max_label_bytes=100, max_records=1000)


def loki_of(
    make: Callable[[random.Random], bytes],
    plain: Callable[[bytes], list[plain_loki.Stream]],
    decode: Callable[[bytes, Reading, loki.Limits], Decoded],
) -> Pair:
    """What is stored of a push: the entries by resource, and how many are rejected."""

    def plainly(body: bytes) -> plain_loki.Stored:
        far, now = int(_FAR * 1e9), time.time_ns()
        return plain_loki.stored(plain(body), now - far, now + far, _LIMITS.max_labels, _LIMITS.max_label_bytes)

    return Pair(make, plainly, lambda body: _stored(decode(body, Reading(), _LIMITS)))


def _stored(decoded: Decoded) -> plain_loki.Stored:
    found: dict[tuple[tuple[str, str], ...], list[plain_loki.Entry]] = {}
    for resource in decoded.request.resource_logs:
        key = tuple(sorted((each.key, each.value.string_value) for each in resource.resource.attributes))
        found[key] = [
            (each.time_unix_nano, each.body.string_value, {a.key: a.value.string_value for a in each.attributes})
            for each in resource.scope_logs[0].log_records
        ]
    return found, decoded.rejected


SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)
PAIRS: dict[str, Pair] = {
    **{f"otlp {signal}": otlp(signal) for signal in SIGNALS},
    **{f"otlp {signal} in slices": otlp(signal, _SMALL_SLICES) for signal in SIGNALS},
    **{f"otlp {signal} json": otlp_json(signal) for signal in SIGNALS},
    "zipkin v2 json": translated(_json_of(making_zipkin.v2_span), plain_zipkin.v2_json, zipkin_json.decode_v2),
    "zipkin v2 protobuf": translated(
        lambda chance: plain_protobuf.write(plain_zipkin.PROTO["ListOfSpans"], making_zipkin.zipkin_list(chance)),
        plain_zipkin.v2_proto,
        zipkin_proto.decode_proto,
    ),
    "zipkin v1 json": translated(_json_of(making_zipkin.v1_span), plain_zipkin_v1.v1_json, zipkin_v1.decode_v1_json),
    "zipkin v1 thrift": translated(_v1_thrift, plain_zipkin_v1.v1_thrift, zipkin_v1.decode_v1_thrift, stricter=True),
    "jaeger thrift": translated(
        lambda chance: thrift_writer.binary((thrift_writer.STRUCT, making_jaeger.jaeger_batch(chance))),
        plain_jaeger.thrift,
        jaeger.decode_thrift,
        stricter=True,
    ),
    "jaeger compact": translated(
        _call(thrift_writer.compact_call), plain_jaeger.compact, jaeger.decode_compact_packet, stricter=True
    ),
    "jaeger binary": translated(
        _call(thrift_writer.binary_call), plain_jaeger.binary, jaeger.decode_binary_packet, stricter=True
    ),
    "jaeger protobuf": translated(
        lambda chance: plain_protobuf.write(
            plain_jaeger.PROTO["PostSpansRequest"], making_jaeger.jaeger_request(chance)
        ),
        plain_jaeger.post_spans,
        jaeger.decode_post_spans,
    ),
    "loki protobuf": loki_of(
        lambda chance: plain_protobuf.write(plain_loki.PROTO["PushRequest"], making_jaeger.loki_push(chance)),
        plain_loki.push,
        loki.decode_proto,
    ),
    "loki json": loki_of(
        lambda chance: json.dumps(making_jaeger.loki_json(chance)).encode(), plain_loki.push_json, loki.decode_json
    ),
}


def outcome(pair: Pair, body: bytes) -> str:
    """How both end: "same", "refused" by both or "stricter" where only ours does; raises where they differ."""
    try:
        wanted = pair.plain(body)
    except PLAIN_REFUSALS:
        wanted = None
    try:
        found = pair.ours(body)
    except Refused as refusal:
        if wanted is None:
            return "refused"
        if not pair.stricter:
            raise AssertionError(f"only ours refuses {body!r}") from refusal
        return "stricter"
    assert found == wanted, f"{body!r} is read as\n{found}\nand plainly as\n{wanted}"
    return "same"
