"""Times, durations and cursors as people, and others, write them."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.query.page import decode_cursor, encode_cursor
from spanwise_collector.query.times import MAX_TIME, parse_duration, parse_time

NOW = 1_795_232_696_123_456_789


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("17", 17),
        ("17ns", 17),
        ("20us", 20_000),
        ("20µs", 20_000),
        ("500ms", 500_000_000),
        ("1.5s", 1_500_000_000),
        ("0.000000001s", 1),
        ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000),
        ("1d", 86_400_000_000_000),
        (" 5ms ", 5_000_000),
        ("9999999999999999999d", (1 << 63) - 1),
    ],
)
def test_a_duration_is_read_exactly(text: str, nanos: int) -> None:
    assert parse_duration(text, "min_duration") == nanos


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1.5", "1e3", "1 s x", "5 parsecs", "1,5s", "٣s", "\x00", "1.s", "1" * 20]
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match="`min_duration` is ") as refused:
        parse_duration(text, "min_duration")
    assert refused.value.parameter == "min_duration"


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("now", NOW),
        ("now-15m", NOW - 900_000_000_000),
        ("now+1m", NOW + 60_000_000_000),
        ("now-9999999d", 0),
        ("0", 0),
        ("1795232696123456789", NOW),
        ("9" * 40, MAX_TIME),
        ("9" * 60, MAX_TIME),
        ("2026-11-21T03:44:56.123456789Z", NOW),
        ("2026-11-21T03:44:56.123456789+00:00", NOW),
        ("2026-11-21T05:44:56.123456789+02:00", NOW),
        ("2026-11-21T05:44:56.123456789 02:00", NOW),
        ("2026-11-21T03:44:56.1234567891Z", NOW),
        ("2026-11-21T03:44:56", NOW // 10**9 * 10**9),
        ("1950-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", MAX_TIME),
        ("0001-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00+14:00", 0),
        ("9999-12-31T23:59:59-14:00", MAX_TIME),
    ],
)
def test_a_time_is_read_exactly(text: str, nanos: int) -> None:
    assert parse_time(text, "start", NOW) == nanos


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now-", "now-x", "now*2", "-5", "1.5", "2026-13-01T00:00:00Z", "\x00", "٣"]
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match="`start` is ") as refused:
        parse_time(text, "start", NOW)
    assert refused.value.parameter == "start"


@given(st.datetimes(datetime(1970, 1, 1), datetime(2260, 1, 1)), st.integers(0, 999))  # noqa: DTZ001 - UTC is added
def test_every_moment_of_rfc_3339_is_read_to_the_nanosecond(moment: datetime, nanos: int) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}{nanos:03}Z"
    micros = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse_time(text, "start", NOW) == micros * 1000 + nanos


@given(st.text(max_size=40))
@example("2026-11-21T00:00:00+99:99")
@example("0000-01-01")
@example("2026-W01-1")
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidParameter):
        assert 0 <= parse_time(text, "end", NOW) <= MAX_TIME


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidParameter):
        assert 0 <= parse_duration(text, "max_duration") < 1 << 63


@given(st.integers(0, (1 << 64) - 1), st.text(alphabet="0123456789abcdef", min_size=32, max_size=32))
def test_a_cursor_says_what_it_was_given(number: int, word: str) -> None:
    assert decode_cursor(encode_cursor("newest", number, word), "newest", int, str) == [number, word]


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="`cursor` is not one of this list's"):
        decode_cursor(encode_cursor("slowest", 1, "a"), "newest", int, str)


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "=",
        "\x00",
        "é",
        "\U0001f600" * 10,
        written(None),
        written(5),
        written("newest"),
        written({}),
        written({"newest": 1, "b": 2, "c": 3}),
        written([]),
        written(["newest", 1]),
        written(["newest", 1, 2]),
        written(["newest", "1", "a"]),
        written(["newest", True, "a"]),
        written(["newest", 1.0, "a"]),
        written(["newest", None, "a"]),
        written(["newest", -1, "a"]),
        written(["newest", 1 << 64, "a"]),
        written(["newest", 10**400, "a"]),
        written(["newest", 1, "\ud800"]),
        written(["newest", 1, "é"]),
        "W" * 1000,
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(b"[1" + b"0" * 5000 + b"]").decode(),
    ],
)
def test_what_is_no_cursor_of_the_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        decode_cursor(cursor, "newest", int, str)
    assert refused.value.parameter == "cursor"
