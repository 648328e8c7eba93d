"""OTLP's JSON against a plain writer of it: any message that is written is read back equal."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.errors import BadData
from spanwise_collector.receive.check import REQUESTS
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.spool import Signal

IDS = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
WHOLE = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_ENUM: (0, 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1),
}


def values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        assert field.message_type is not None
        return contents(field.message_type, depth + 1)
    if field.type in WHOLE:
        return st.integers(*WHOLE[field.type])
    if field.type == FieldDescriptor.TYPE_BYTES:
        size = IDS.get(field.name)
        return st.binary(min_size=size or 0, max_size=size or 20)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.type == FieldDescriptor.TYPE_STRING:
        return st.text(max_size=10)
    return st.floats(allow_nan=False)


def contents(descriptor: Descriptor, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """What a message may hold, as a dict by field name; only one field of each oneof."""

    def some_of(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        chosen: dict[str, st.SearchStrategy[Any]] = {}
        used: set[str] = set()
        for name in names:
            field = descriptor.fields_by_name[name]
            oneof = field.containing_oneof.name if field.containing_oneof else name
            if oneof not in used:
                used.add(oneof)
                one = values(field, depth)
                chosen[name] = st.lists(one, min_size=1, max_size=2) if field.is_repeated else one
        return st.fixed_dictionaries(chosen)

    names = [field.name for field in descriptor.fields if depth < 9 or field.type != FieldDescriptor.TYPE_MESSAGE]
    return st.lists(st.sampled_from(names), max_size=3, unique=True).flatmap(some_of) if names else st.just({})


def fill(message: Message, held: dict[str, Any]) -> Message:
    for name, value in held.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            getattr(message, name).extend(value) if field.is_repeated else setattr(message, name, value)
        elif field.is_repeated:
            for item in value:
                fill(getattr(message, name).add(), item)
        else:
            getattr(message, name).SetInParent()
            fill(getattr(message, name), value)
    return message


def written(descriptor: Descriptor, held: dict[str, Any], *, as_text: bool) -> dict[str, Any]:
    def one(field: FieldDescriptor, value: Any) -> Any:
        if isinstance(value, dict):
            assert field.message_type is not None
            return written(field.message_type, value, as_text=as_text)
        if isinstance(value, bytes):
            return value.hex() if field.name in IDS else base64.b64encode(value).decode()
        if isinstance(value, float) and math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        whole = isinstance(value, int) and not isinstance(value, bool) and field.type != FieldDescriptor.TYPE_ENUM
        return str(value) if whole and as_text else value

    return {
        field.json_name: [one(field, item) for item in held[name]] if field.is_repeated else one(field, held[name])
        for name in held
        for field in [descriptor.fields_by_name[name]]
    }


@pytest.mark.parametrize("signal", list(Signal))
@settings(max_examples=60, deadline=None)
@given(data=st.data(), as_text=st.booleans())
def test_any_message_that_is_written_is_read_back_equal(signal: Signal, data: st.DataObject, as_text: bool) -> None:
    kind = REQUESTS[signal]
    held = data.draw(contents(kind.DESCRIPTOR))
    body = json.dumps(written(kind.DESCRIPTOR, held, as_text=as_text)).encode()
    assert from_json(signal, body) == fill(kind(), held)


@pytest.mark.parametrize("name", ["trace", "logs", "metrics", "events"])
def test_the_examples_of_the_protocol_are_read(name: str) -> None:
    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "otlp" / f"{name}.json"
    if not path.exists():
        pytest.skip("the examples are not there")
    signal = {"trace": Signal.TRACES, "metrics": Signal.METRICS}.get(name, Signal.LOGS)
    assert from_json(signal, path.read_bytes()).ByteSize() > 100


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"resourceSpans": {}}', "resourceSpans is an object where an array was expected."),
        ('{"resourceSpans": [1]}', "resourceSpans[0] is a number where an object was expected."),
        ('{"resourceSpans": [null]}', "resourceSpans[0] is null where an object was expected."),
        (
            '{"resourceSpans": [{"resource": {"attributes": [{"key": 1}]}}]}',
            "resourceSpans[0].resource.attributes[0].key is a number where a string was expected.",
        ),
        (
            '{"resourceSpans": [{"scopeSpans": [{"spans": [{}, {"kind": "x"}]}]}]}',
            'resourceSpans[0].scopeSpans[0].spans[1].kind is "x" where the number of an enum was expected, '
            "never its name.",
        ),
        (
            '{"resourceSpans": [{"scopeSpans": [{"spans": [{"flags": 4294967296}]}]}]}',
            "resourceSpans[0].scopeSpans[0].spans[0].flags is 4294967296 where an integer from 0 to 4294967295 "
            "was expected.",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body: str, message: str) -> None:
    with pytest.raises(BadData) as raised:
        from_json(Signal.TRACES, body.encode())
    assert raised.value.message == message


def test_null_is_a_field_that_is_not_there() -> None:
    assert from_json(Signal.TRACES, b'{"resourceSpans": null}').ByteSize() == 0


@pytest.mark.parametrize("text", ["1_000", "inf", "nan", " 1", "1.", ".5", "0x1", "\u0661", ""])
def test_a_number_in_text_is_one_of_json_or_bad_data(text: str) -> None:
    value = {"attributes": [{"key": "n", "value": {"doubleValue": text}}]}
    with pytest.raises(BadData, match="where a number was expected"):
        from_json(Signal.TRACES, json.dumps({"resourceSpans": [{"resource": value}]}).encode())
