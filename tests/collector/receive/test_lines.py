"""POST /v1/lines, over a real socket."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.receive import log_fields
from spanwise_collector.receive.log_batch import Batch

from tests.collector.receive.running import Receiver, receiver
from tests.collector.receive.test_log_fields import AT, HIGH, SPAN, TRACE

TEXT = {"Content-Type": "text/plain"}


def attributes(pairs: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in pairs}


def bodies(running: Receiver) -> list[str]:
    return [record.body.string_value for record in running.records()]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-ndjson", "", "text/plain; charset=utf-8"])
def test_every_line_is_a_record_json_or_not(running: Receiver, kind: str) -> None:
    body = f'plain\r\n\n{{"msg":"json","n":1,"o":{{"a":[1]}},"trace_id":"{TRACE}"}}\nlevel=error msg=logfmt\n"a\\nb"'
    answer = running.post("/v1/lines?service=shop&deployment.environment.name=test", body, {"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, {"accepted": 4, "repeated": False, "last": "0-0"})
    [request] = running.log_requests()
    assert attributes(request.resource_logs[0].resource.attributes) == {
        "service.name": "shop",
        "deployment.environment.name": "test",
    }
    plain, structured, logfmt, joined = running.records()
    assert (plain.body.string_value, joined.body.string_value) == ("plain", "a\nb")
    assert (structured.body.string_value, structured.trace_id.hex()) == ("json", TRACE)
    number, nested = structured.attributes
    assert (number.value.int_value, nested.value.kvlist_value.values[0].value.array_value.values[0].int_value) == (1, 1)
    assert (logfmt.body.string_value, logfmt.severity_number) == ("logfmt", 17)


def test_gzip_is_taken_and_a_service_that_a_record_names_counts_where_none_is_given(running: Receiver) -> None:
    body = gzip.compress(b'{"service":{"name":"a"},"message":"x"}\n{"service":"b","message":"y"}\n')
    assert running.post("/v1/lines", body, TEXT | {"Content-Encoding": "gzip"}).status_code == 200
    [request] = running.log_requests()
    assert [attributes(each.resource.attributes) for each in request.resource_logs] == [
        {"service.name": "a"},
        {"service.name": "b"},
    ]


def test_dockers_own_lines_are_read_for_what_they_hold(running: Receiver) -> None:
    inner = '{\\"level\\":\\"warn\\",\\"msg\\":\\"hi\\"}\\n'
    body = f'{{"log":"{inner}","stream":"stderr","time":"2026-11-21T06:49:40Z"}}'
    assert running.post("/v1/lines?service=a", body, TEXT).status_code == 200
    [record] = running.records()
    assert (record.time_unix_nano, record.severity_number, record.body.string_value) == (AT, 13, "hi")
    assert attributes(record.attributes) == {"log.iostream": "stderr"}


def test_a_request_that_has_a_key_counts_once_and_one_without_each_time(running: Receiver) -> None:
    answers = [running.post("/v1/lines", "same", TEXT | {"Idempotency-Key": "k1"}).json() for _ in range(2)]
    assert [answer["repeated"] for answer in answers] == [False, True]
    for _ in range(2):
        running.post("/v1/lines", "same", TEXT)
    running.post("/v1/lines", "same", TEXT | {"Idempotency-Key": "k2"})
    assert bodies(running) == ["same"] * 4


def test_text_that_is_no_utf8_is_kept_as_far_as_it_goes(running: Receiver) -> None:
    assert running.post("/v1/lines", b'caf\xe9 \x00\x1b\n{"a":"\\ud800","msg":"m"}', TEXT).status_code == 200
    assert bodies(running) == ["caf\ufffd \x00\x1b", "m"]
    assert attributes(running.records()[1].attributes) == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/v1/lines", "image/png", 415),
        ("/v1/lines?a=1&a=2", "text/plain", 400),
        ("/v1/lines?a%20b=1", "text/plain", 400),
        ("/v1/lines?" + "&".join(f"a{n}=1" for n in range(40)), "text/plain", 400),
    ],
)
def test_what_cannot_be_taken_is_refused(running: Receiver, path: str, kind: str, code: int) -> None:
    assert running.post(path, "x", {"Content-Type": kind}).status_code == code
    assert running.records() == []


def test_more_records_than_the_setting_are_refused_whole(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool", "--max-log-records", "3") as running:
        answer = running.post("/v1/lines", "a\n" * 4, TEXT)
        assert (answer.status_code, "max_log_records" in answer.text) == (413, True)
        assert running.post("/v1/lines", "a\n" * 3, TEXT).status_code == 200


def test_the_zone_of_times_without_one_is_a_setting(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool", "--log-zone", "Europe/Berlin") as running:
        running.post("/v1/lines", "2026-11-21 07:49:40 x", TEXT)
        assert [record.time_unix_nano for record in running.records()] == [AT]


def test_ids_of_both_kinds_are_stored(running: Receiver) -> None:
    running.post("/v1/lines", f"x trace_id={HIGH['trace_id']} span_id={SPAN}", TEXT)
    assert [(r.trace_id.hex(), r.span_id.hex()) for r in running.records()] == [(TRACE, SPAN)]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> str:
    """A text at which our own code fails."""
    read = log_fields.from_text

    def fail(text: str, *others: Any) -> Any:
        if "poison" in text:
            raise ZeroDivisionError("a fault of a decoder")
        return read(text, *others)

    monkeypatch.setattr(log_fields, "from_text", fail)
    return "poison"


def test_a_line_at_which_our_own_code_fails_is_refused_and_those_beside_it_are_stored(
    running: Receiver, failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = running.post("/v1/lines", f"first\n{failing}\n{failing} again\nlast", TEXT)
    assert (answer.status_code, answer.text) == (
        400,
        "2 records were refused, the other 2 are stored."
        " The collector met a fault of its own at a record; see its log.",
    )
    assert bodies(running) == ["first", "last"]
    assert running.refused() == {"bad_data": 1, "invalid_record": 2}
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_body_at_which_our_own_code_fails_is_bad_data_and_not_to_be_sent_again(
    running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Batch, "decoded", None)
    answer = running.post("/v1/lines", "first", TEXT)
    assert (answer.status_code, "fault of its own" in answer.text) == (400, True)
    assert (running.records(), running.refused()) == ([], {"internal_error": 1})


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("{at} a\n{at} b\n{at} c", [0, 1, 2]),
        ("{at} a\n  at once\n{at} c", [0, 1, 2]),
        ("{at} a\n{at} b\n{before} c\n{at} d", [0, 1, -1_000_000_000, 0]),
        ("{at} a\n{at} b\n{at}.000000001 c\n{at}.000000009 d", [0, 1, 2, 9]),
    ],
)
def test_a_record_without_a_time_or_with_that_of_the_one_before_it_is_a_nanosecond_after_that(
    running: Receiver, body: str, after: list[int]
) -> None:
    body = body.format(at="2026-11-21T06:49:40", before="2026-11-21T06:49:39")
    assert running.post("/v1/lines", body, TEXT).status_code == 200
    assert [record.time_unix_nano - AT for record in running.records()] == after


def test_lines_of_one_moment_keep_their_order_over_requests_that_say_what_was_before(running: Receiver) -> None:
    body = "2026-11-21T06:49:40 a\n2026-11-21T06:49:40 b"
    first = running.post("/v1/lines", body, TEXT).json()
    assert first == {"accepted": 2, "repeated": False, "last": f"{AT}-{AT + 1}"}
    named = TEXT | {"Spanwise-After": first["last"], "Idempotency-Key": "second"}
    second = running.post("/v1/lines", body, named).json()
    assert second == {"accepted": 2, "repeated": False, "last": f"{AT}-{AT + 3}"}
    assert running.post("/v1/lines", body, named).json() == second | {"repeated": True}
    assert [record.time_unix_nano - AT for record in running.records()] == [0, 1, 2, 3]


@pytest.mark.parametrize("after", ["1", "a-b", "-1-2", "9999999999999999999-1", "1-2-3"])
def test_what_was_before_is_refused_where_it_is_none(running: Receiver, after: str) -> None:
    answer = running.post("/v1/lines", "x", TEXT | {"Spanwise-After": after})
    assert (answer.status_code, "Spanwise-After" in answer.text) == (400, True)


def test_records_of_another_service_have_no_part_in_a_time(running: Receiver) -> None:
    body = '{"service":"a","ts":1795243780,"msg":"x"}\n{"service":"b","msg":"y"}\n{"service":"a","msg":"z"}'
    running.post("/v1/lines", body, TEXT)
    assert [record.time_unix_nano for record in running.records()] == [AT, AT + 1, 0]
