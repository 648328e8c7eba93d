"""Both formats of thrift, against a plain writer and against bytes that lie."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.errors import BadData
from spanwise_collector.receive.thrift import Binary, Compact

from tests.collector.receive import thrift_writer as write

SCALARS: dict[int, st.SearchStrategy[Any]] = {
    write.BOOL: st.booleans(),
    write.BYTE: st.integers(-(2**7), 2**7 - 1),
    write.I16: st.integers(-(2**15), 2**15 - 1),
    write.I32: st.integers(-(2**31), 2**31 - 1),
    write.I64: st.integers(-(2**63), 2**63 - 1),
    write.DOUBLE: st.floats(allow_nan=False),
    write.STRING: st.binary(max_size=20),
}
NUMBERS = st.integers(1, 300)


def typed_scalars() -> st.SearchStrategy[write.Typed]:
    return st.sampled_from(sorted(SCALARS)).flatmap(lambda kind: st.tuples(st.just(kind), SCALARS[kind]))


def lists(structs: st.SearchStrategy[write.Fields]) -> st.SearchStrategy[write.Typed]:
    kinds = st.sampled_from([*sorted(SCALARS), write.STRUCT])
    return kinds.flatmap(
        lambda kind: st.tuples(
            st.just(write.LIST), st.tuples(st.just(kind), st.lists(SCALARS.get(kind, structs), max_size=20))
        )
    )


FIELDS = st.recursive(
    st.dictionaries(NUMBERS, typed_scalars(), max_size=4),
    lambda inner: st.dictionaries(
        NUMBERS, typed_scalars() | st.tuples(st.just(write.STRUCT), inner) | lists(inner), max_size=4
    ),
    max_leaves=8,
)


def plain(typed: write.Typed) -> Any:
    kind, value = typed
    if kind == write.STRUCT:
        return {number: plain(field) for number, field in value.items()}
    if kind == write.LIST:
        return [plain((value[0], item)) for item in value[1]]
    return value


@given(FIELDS)
def test_what_is_written_is_read(fields: write.Fields) -> None:
    typed = (write.STRUCT, fields)
    # Short inputs may hold more structs than their size allows for: pad, as a body would be.
    assert Binary(write.binary(typed) + bytes(400)).struct() == plain(typed)
    assert Compact(write.compact(typed) + bytes(400)).struct() == plain(typed)


@given(FIELDS)
def test_calls_are_read(fields: write.Fields) -> None:
    expected = ("emitBatch", plain((write.STRUCT, fields)))
    assert Binary(write.binary_call("emitBatch", fields) + bytes(400)).call() == expected
    assert Compact(write.compact_call("emitBatch", fields) + bytes(400)).call() == expected


@given(st.binary(max_size=200), st.sampled_from([Binary, Compact]))
def test_any_bytes_are_read_or_bad_data(data: bytes, protocol: type[Binary] | type[Compact]) -> None:
    for read in (protocol(data).struct, protocol(data).call):
        try:
            read()
        except BadData:
            continue


@given(FIELDS, st.data())
def test_a_cut_is_bad_data(fields: write.Fields, data: st.DataObject) -> None:
    for protocol, whole in ((Binary, write.binary), (Compact, write.compact)):
        encoded = whole((write.STRUCT, fields))
        cut = data.draw(st.integers(0, len(encoded) - 1))
        with pytest.raises(BadData):
            protocol(encoded[:cut]).struct()


@pytest.mark.parametrize(
    "lie",
    [
        b"\x0f\x00\x01\x0c\x7f\xff\xff\xff",  # a list of 2^31-1 structs
        b"\x0f\x00\x01\x0c\xff\xff\xff\xff",  # a list of -1 structs
        b"\x0b\x00\x01\x7f\xff\xff\xff",  # a string of 2 GiB
        b"\x0b\x00\x01\xff\xff\xff\xff",
        b"\x0c\x00\x01" * 1000 + bytes(1001),  # structs 1,000 deep
        b"\x0f\x00\x01\x0c\x00\x0f\x42\x40" + bytes(1_000_001),  # a million empty structs
        b"\x10\x00\x01\x00",  # a type that does not exist
    ],
)
def test_lies_of_the_binary_protocol_are_bad_data(lie: bytes) -> None:
    with pytest.raises(BadData):
        Binary(lie).struct()


@pytest.mark.parametrize(
    "lie",
    [
        b"\x19\xfc\xff\xff\xff\xff\x0f",
        b"\x18\xff\xff\xff\xff\x0f",
        b"\x18" + b"\xff" * 20,
        b"\x16" + b"\xff" * 9 + b"\x02\x00",
        b"\x1c" * 1000 + bytes(1001),
        b"\x19\xfc\xc0\x84\x3d" + bytes(1_000_001),
        b"\x1d\x00",
    ],
)
def test_lies_of_the_compact_protocol_are_bad_data(lie: bytes) -> None:
    with pytest.raises(BadData):
        Compact(lie).struct()
