"""Every rule of the W3C trace-context suite at its strict level, level 2, on the parser and through the propagator."""

from __future__ import annotations

import pytest
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, TraceFlags, get_current_span
from spanwise.propagation.propagator import Propagator
from spanwise.propagation.w3c import format_traceparent, parse_traceparent, parse_tracestate, within_limit

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"
GOOD = f"00-{TRACE}-{SPAN}-01"


def received(*headers: tuple[str, str]) -> SpanContext:
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name, []).append(value)
    return get_current_span(Propagator().extract_fields(fields, Context())).get_span_context()


def state_of(*values: str) -> dict[str, str]:
    return dict(received(("traceparent", GOOD), *(("tracestate", value) for value in values)).trace_state)


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        f" {GOOD}",
        f"\t{GOOD}",
        f"{GOOD} ",
        f"\t {GOOD} \t",
        f"cc-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
        f"01-{TRACE}-{SPAN}-01-",
    ],
)
def test_a_valid_traceparent_is_continued(value: str) -> None:
    assert parse_traceparent([value]) == (int(TRACE, 16), int(SPAN, 16), 1)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        f"{GOOD}.",
        f"{GOOD}-what-the-future-will-be-like",
        f"cc-{TRACE}-{SPAN}-01.what-the-future-will-be-like",
        f"cc-{TRACE}-{SPAN}-0",
        f"ff-{TRACE}-{SPAN}-01",
        f".0-{TRACE}-{SPAN}-01",
        f"0.-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"000-{TRACE}-{SPAN}-01",
        f"0000-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-.{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE[:-1]}.-{SPAN}-01",
        f"00-{TRACE}3-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-.{SPAN[1:]}-01",
        f"00-{TRACE}-{SPAN[:-1]}.-01",
        f"00-{TRACE}-{SPAN}7-01",
        f"00-{TRACE}-{SPAN[:-1]}-01",
        f"00-{TRACE}-{SPAN}-.0",
        f"00-{TRACE}-{SPAN}-0.",
        f"00-{TRACE}-{SPAN}-001",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE.replace('1', 'A')}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0F",
        f"00_{TRACE}_{SPAN}_01",
        f"{GOOD},{GOOD}",
        f"{GOOD}\n",
        f"{GOOD}\x00",
        GOOD.replace("1", "\uff11"),
        "0" * 65_536,
    ],
)
def test_case_91_an_invalid_traceparent_restarts_the_trace(value: str) -> None:
    assert parse_traceparent([value]) is None


def test_case_88_two_traceparent_headers_restart_the_trace() -> None:
    assert not received(("traceparent", GOOD), ("traceparent", GOOD)).is_valid


@pytest.mark.parametrize(("flags", "kept"), [("00", 0), ("01", 1), ("02", 2), ("03", 3), ("ff", 3), ("fc", 0)])
def test_known_flags_are_kept_and_unknown_ones_cleared(flags: str, kept: int) -> None:
    assert received(("traceparent", f"00-{TRACE}-{SPAN}-{flags}")).trace_flags == kept


def test_a_traceparent_is_always_sent_as_version_00_with_known_flags() -> None:
    context = SpanContext(int(TRACE, 16), int(SPAN, 16), False, TraceFlags(0xFF))
    assert format_traceparent(context) == f"00-{TRACE}-{SPAN}-03"


def test_tracestate_without_traceparent_is_discarded() -> None:
    assert dict(received(("tracestate", "foo=1")).trace_state) == {}


def test_tracestate_beside_an_invalid_traceparent_is_discarded() -> None:
    assert dict(received(("traceparent", f"ff{GOOD[2:]}"), ("tracestate", "foo=1")).trace_state) == {}


def test_headers_are_combined_in_order_and_whitespace_is_dropped() -> None:
    entries = parse_tracestate(["foo=1 \t , \t bar=2", "", "rojo=1,,congo=2", " baz=3\t"])
    assert entries == [("foo", "1"), ("bar", "2"), ("rojo", "1"), ("congo", "2"), ("baz", "3")]


@pytest.mark.parametrize("values", [("foo=1,foo=2",), ("foo=1", "foo=2")])
def test_of_duplicate_keys_the_newest_entry_is_kept(values: tuple[str, ...]) -> None:
    assert state_of(*values, "bar=3") == {"foo": "1", "bar": "3"}


def test_all_allowed_characters_are_kept() -> None:
    key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/"
    value = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")
    assert state_of(f"{key}={value}") == {key: value}


@pytest.mark.parametrize(
    "value",
    [
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "@foo=1,bar=2",
        "_foo=1",
        "foo=bar=baz",
        "foo=,bar=3",
        "foo",
        "=1",
        f"{'z' * 257}=1",
        f"foo={'v' * 257}",
        "foo=\x7f",
        "foo=\u00e9",
        "foo=a\x00b",
    ],
)
def test_case_91_one_illegal_entry_discards_the_whole_tracestate_and_not_the_traceparent(value: str) -> None:
    span = received(("traceparent", GOOD), ("tracestate", f"good=1,{value}"))
    assert (span.trace_id, dict(span.trace_state)) == (int(TRACE, 16), {})


@pytest.mark.parametrize(
    "key", ["z" * 256, "t" * 241 + "@" + "v" * 14, "0a", "foo@", "foo@@bar", "a@b@c", "t@" + "v" * 15]
)
def test_keys_of_level_two_are_kept(key: str) -> None:
    assert state_of("foo=1", f"{key}=1") == {"foo": "1", key: "1"}


def test_case_92_32_entries_are_kept_and_33_discarded() -> None:
    entries = [f"bar{number:02d}={number:02d}" for number in range(1, 34)]
    assert len(state_of(",".join(entries[:20]), ",".join(entries[20:32]))) == 32
    assert state_of(",".join(entries[:20]), ",".join(entries[20:])) == {}


def test_case_92_over_512_characters_long_entries_go_first_then_the_last_ones() -> None:
    short = [(f"k{number:02d}", "v" * 60) for number in range(6)]
    long = ("long", "v" * 200)
    assert within_limit([short[0], long, *short[1:]]) == short
    many = [(f"k{number:02d}", "v" * 60) for number in range(10)]
    assert within_limit(many) == many[:7]


def test_a_tracestate_of_one_megabyte_costs_nothing() -> None:
    assert parse_tracestate(["a=1," * 250_000]) == []
