"""What a record says of itself, as every logger writes it."""

from __future__ import annotations

import io
import json
import logging
from datetime import timedelta, timezone
from types import SimpleNamespace
from typing import Any

import loguru
import pytest
import structlog
from pythonjsonlogger.json import JsonFormatter
from spanwise_collector.receive import log_time
from spanwise_collector.receive.log_batch import Record
from spanwise_collector.receive.log_fields import Reading, from_line
from spanwise_collector.receive.log_ids import Ids
from spanwise_collector.receive.log_severity import severity_of
from spanwise_collector.receive.log_time import time_of

TRACE, SPAN = "5aab74dbb904746bb33447baae403ed6", "e457b5a2e4d86bd1"
BOTH = (TRACE, SPAN)
AT = 1_795_243_780_000_000_000
HIGH: dict[str, Any] = {"trace_id": TRACE, "span_id": SPAN}


def read(line: str | dict[str, Any]) -> Record:
    return from_line(line if isinstance(line, str) else json.dumps(line), Reading())[0]


def ids(record: Record) -> tuple[str, str]:
    return record.ids.trace_id.hex(), record.ids.span_id.hex()


LOGGERS = {
    "structlog": {"event": "hi", "level": "warning", "timestamp": "2026-11-21T06:49:40Z", **HIGH},
    "pino": {"level": 40, "time": AT // 10**6, "msg": "hi", **HIGH},
    "bunyan": {"name": "app", "level": 40, "time": "2026-11-21T06:49:40.000Z", "msg": "hi", "v": 0, **HIGH},
    "zap": {"level": "warn", "ts": AT / 1e9, "caller": "a.go:1", "msg": "hi", "traceId": TRACE, "spanId": SPAN},
    "logrus": {"level": "warning", "time": "2026-11-21T06:49:40Z", "msg": "hi", **HIGH},
    "ecs": {
        "@timestamp": "2026-11-21T06:49:40.000Z", "log.level": "WARN", "message": "hi",
        "trace.id": TRACE, "span.id": SPAN,
    },
    "ecs, nested": {
        "@timestamp": "2026-11-21T06:49:40.000Z", "log": {"level": "warn"}, "message": "hi",
        "trace": {"id": TRACE}, "span": {"id": SPAN},
    },
    "google": {
        "severity": "WARNING", "message": "hi", "timestamp": {"seconds": AT // 10**9, "nanos": 0},
        "logging.googleapis.com/trace": f"projects/p/traces/{TRACE}", "logging.googleapis.com/spanId": SPAN,
    },
    "python-json-logger": {
        "asctime": "2026-11-21 06:49:40,000", "levelname": "WARNING", "message": "hi",
        "otelTraceID": TRACE, "otelSpanID": SPAN,
    },
    "loguru": {
        "text": "x", "record": {
            "level": {"name": "WARNING", "no": 30}, "message": "hi", "extra": HIGH,
            "time": {"repr": "2026-11-21 06:49:40+00:00", "timestamp": AT / 1e9},
        },
    },
    "log4j": {"instant": 1, "timestamp": AT // 10**6, "level": "WARN", "message": "hi", "contextMap": HIGH},
    "log4j's template": {
        "instant": {"epochSecond": AT // 10**9, "nanoOfSecond": 0}, "level": "WARN", "message": "hi", **HIGH,
    },
    "log4j's milliseconds": {"timeMillis": AT // 10**6, "level": "WARN", "message": "hi", "contextMap": HIGH},
    "monolog": {
        "datetime": "2026-11-21T06:49:40+00:00", "level": 300, "level_name": "WARNING", "message": "hi", "extra": HIGH,
    },
    "rust's tracing": {"timestamp": "2026-11-21T06:49:40Z", "level": "WARN", "fields": {"message": "hi", **HIGH}},
    "journald": {"__REALTIME_TIMESTAMP": str(AT // 10**3), "PRIORITY": "4", "MESSAGE": "hi", **HIGH},
    "serilog's own": {
        "Timestamp": "2026-11-21T06:49:40Z", "Level": "Warning", "RenderedMessage": "hi", "Properties": HIGH,
    },
    "winston, in colours": {
        "timestamp": "2026-11-21T06:49:40Z", "level": "\x1b[33mwarn\x1b[39m", "message": "hi", **HIGH,
    },
    "dotnet": {"Timestamp": "2026-11-21T06:49:40Z", "LogLevel": "Warning", "Message": "hi", **HIGH},
    "serilog, compact": {"@t": "2026-11-21T06:49:40Z", "@l": "Warning", "@m": "hi", "@tr": TRACE, "@sp": SPAN},
    "serilog": {"@t": "2026-11-21T06:49:40Z", "@l": "Warning", "@m": "hi", **HIGH},
    "a traceparent": {"time": AT, "level": 4, "msg": "hi", "traceparent": f"00-{TRACE}-{SPAN}-01"},
}  # fmt: skip


@pytest.mark.parametrize("logger", LOGGERS)
def test_time_level_message_and_ids_are_found_under_the_names_of_every_logger(logger: str) -> None:
    record = read(LOGGERS[logger])
    assert (record.time, record.severity, record.body, ids(record)) == (AT, 13, "hi", BOTH)


TEXTS = {
    f"a trace_id={TRACE} span_id={SPAN}": BOTH,
    f'a {{"traceId": "{TRACE}", "spanId": "{SPAN}"}}': BOTH,
    f"a trace.id: {TRACE.upper()}, b": (TRACE, ""),
    f"a traceparent=00-{TRACE}-{SPAN}-00 b": BOTH,
    f"a b3: {TRACE}-{SPAN}-1": BOTH,
    f"X-B3-TraceId: {SPAN} X-B3-SpanId: {SPAN}": ("0" * 16 + SPAN, SPAN),
    "dd.trace_id=7 dd.span_id=9": (f"{7:032x}", f"{9:016x}"),
    f"X-Amzn-Trace-Id: Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1": BOTH,
    f"trace_id={'0' * 32}": ("", ""),
    "trace_id=0123456789abcdef0": ("", ""),
    "my_trace_ids=7": ("", ""),
    "no trace here": ("", ""),
}


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_found_in_text(text: str) -> None:
    assert ids(read(text)) == TEXTS[text]


TIMES: dict[Any, int] = {
    "2026-11-21T06:49:40Z": AT,
    "2026-11-21t06:49:40.123456789+01:00": AT - 3600 * 10**9 + 123_456_789,
    "2026-11-21 06:49:40,5": AT + 500_000_000,
    "2026/11/21 06:49:40": AT,
    "21/Nov/2026:06:49:40 +0000": AT,
    "Sat Nov 21 06:49:40 2026": AT,
    "Sat, 21 Nov 2026 06:49:40 GMT": AT,
    AT // 10**9: AT,
    AT // 10**6: AT,
    AT // 10**3: AT,
    AT: AT,
    "1795243780.000000001": AT + 1,
    str(AT // 10**6): AT,
    "yesterday": 0,
    "2026-13-41T06:49:40Z": 0,
    True: 0,
    float("nan"): 0,
    -5: 0,
}


@pytest.mark.parametrize("written", TIMES, ids=str)
def test_a_time_is_read_as_it_is_written(written: Any) -> None:
    assert time_of(written) == TIMES[written]


@pytest.mark.parametrize("nanos", ["abc", [1], {}, True, -1, 10**9, float("nan"), float("inf")], ids=str)
def test_an_odd_time_in_seconds_and_nanoseconds_is_none_and_stays_an_attribute(nanos: Any) -> None:
    odd: dict[str, Any] = {"timestamp": {"seconds": AT // 10**9, "nanos": nanos}}
    record = read({"msg": "x", **odd})
    assert (record.time, record.body, str(record.attributes)) == (0, "x", str(odd))
    odd = {"timestampSeconds": AT // 10**9, "timestampNanos": nanos}
    assert str(read({"msg": "x", **odd}).attributes) == str(odd)


def test_seconds_alone_are_a_time() -> None:
    assert read({"timestamp": {"seconds": AT // 10**9}}).time == read({"timestampSeconds": AT // 10**9}).time == AT


def test_a_time_without_a_zone_is_the_senders() -> None:
    east = timezone(timedelta(hours=2))
    assert time_of("2026-11-21 06:49:40", east) == AT - 7200 * 10**9
    assert time_of("2026-11-21 06:49:40+00:00", east) == AT


# The time and the level of lines as programs write them, with the time of AT.
LINES = {
    "[21/Nov/2026 06:49:40] WARNING [shop] hi": (AT, 13),
    '[21/Nov/2026 06:49:40] "GET /pay HTTP/1.1" 200 12': (AT, 0),
    "21-Nov-2026 06:49:40.000 WARNING [main] org.apache.catalina.core": (AT, 13),
    "123:M 21 Nov 2026 06:49:40.000 # hi": (AT, 13),
    "123:S 21 Nov 2026 06:49:40.000 * hi": (AT, 10),
    "2026-11-21 06:49:40.000 UTC [7] LOG:  statement: SELECT 'ERROR'": (AT, 9),
    "[2026-11-21 06:49:40.000 +00:00 WRN] hi": (AT, 13),
    "2026-11-21T06:49:40Z ERR hi": (AT, 17),
    "W1121 06:49:40.000000       1 reflector.go:138] hi": (AT, 13),
    "[12:00:00 FTL] hi": (0, 21),
    "fail: Microsoft.AspNetCore[1]": (0, 17),
    "dbug: Microsoft.AspNetCore[1]": (0, 5),
    "warn: hi": (0, 13),
    "a fail: hi": (0, 0),
    "all is INFormation": (0, 0),
}


@pytest.mark.parametrize("line", LINES)
def test_time_and_level_of_a_line_are_found_where_programs_write_them(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_time, "time", SimpleNamespace(time=lambda: AT / 1e9))  # what has no year is near this
    record = read(line)
    assert (record.time, record.severity, record.body) == (*LINES[line], line)


def test_what_colours_a_terminal_hides_nothing_and_is_stored() -> None:
    coloured = f"\x1b[90m2026-11-21T06:49:40Z\x1b[0m \x1b[1;33mWARN\x1b[0m trace_id=\x1b[36m{TRACE}\x1b[0m x"
    record = read(coloured)
    assert (record.time, record.severity, ids(record), record.body) == (AT, 13, (TRACE, ""), coloured)
    assert read("\x1b[33mlevel\x1b[0m=warn \x1b[33mmsg\x1b[0m=hi").body == "hi"
    assert read({"msg": "\x1b[31mERROR\x1b[0m hi"}).severity == 17


def test_the_program_of_a_record_of_journald_is_its_service() -> None:
    assert from_line('{"MESSAGE": "hi", "SYSLOG_IDENTIFIER": "sshd"}', Reading())[1] == "sshd"


LEVELS: list[tuple[Any, str, int]] = [
    ("Warning", "level", 13), ("ERR", "level", 17), ("critical", "level", 18), ("[info]", "level", 9),
    ("F", "level", 21),
    (3, "severity", 17), (7, "level", 5), (10, "level", 1), (30, "level", 9), (60, "level", 21),
    (10, "levelno", 5), (30, "levelno", 13), (50, "levelno", 18), (400, "severity", 13), ("6", "PRIORITY", 9),
    (14, "severity_number", 14), (99, "severity_number", 0), ("soon", "level", 0), (True, "level", 0),
]  # fmt: skip


@pytest.mark.parametrize(("value", "name", "number"), LEVELS)
def test_every_spelling_of_a_level_has_its_number(value: Any, name: str, number: int) -> None:
    assert severity_of(value, name) == number


def test_other_fields_stay_with_their_types_and_what_cannot_be_read_stays_too() -> None:
    rest = {"n": 1, "f": 1.0, "b": False, "o": {"a": [1, {"c": None}]}, "time": "soon", "level": {}}
    assert read({"msg": "hi"} | rest) == Record("hi", attributes=rest)


def test_a_line_without_a_message_is_its_own_body_and_deep_json_is_text() -> None:
    assert read('{"n": 1}') == Record('{"n": 1}', attributes={"n": 1})
    deep = '{"a":' * 100_000
    assert from_line(deep, Reading(max_bytes=2**20))[0] == Record(deep)


def test_long_text_is_cut_between_characters_and_says_so() -> None:
    record, _ = from_line("é" * 100, Reading(max_bytes=101))
    assert record == Record("é" * 50, attributes={"spanwise.cut_bytes": 100})


def test_real_loggers_are_read() -> None:
    out = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
    )
    logger.error("from structlog", n=3, **HIGH)
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(message)s"))
    python = logging.Logger("plain")
    python.addHandler(handler)
    python.error("from logging", extra={"n": 3} | HIGH)
    sink = loguru.logger.bind(n=3, **HIGH)
    number = loguru.logger.add(out, serialize=True)
    sink.error("from loguru")
    loguru.logger.remove(number)
    records = [read(line) for line in out.getvalue().splitlines()]
    assert [record.body for record in records] == ["from structlog", "from logging", "from loguru"]
    assert [record.severity for record in records] == [17, 17, 17]
    assert [record.ids for record in records] == [Ids(bytes.fromhex(TRACE), bytes.fromhex(SPAN))] * 3
    assert [bool(record.time) for record in records] == [False, True, True]
    assert [record.attributes.get("n", record.attributes.get("extra", {}).get("n")) for record in records] == [3, 3, 3]
