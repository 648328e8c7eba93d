"""Syslog from real senders, and every shape of it that RFC 5424, RFC 3164 and their users know."""

from __future__ import annotations

import logging
import logging.handlers
import shutil
import socket
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.receive import syslog_server
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.receive.syslog import parse

from tests.collector.process import eventually
from tests.collector.receive.listening import Listening, attributes, listening
from tests.collector.receive.test_log_fields import AT, SPAN, TRACE

USER = {"syslog.facility.code": 1, "syslog.facility.name": "user"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(tmp_path / "spool", "syslog", "--max-log-bytes", "1KiB") as made:
        yield made


def read(text: str) -> tuple[dict[str, str], int, int, Any, dict[str, Any]]:
    resource, record = parse(text.encode(), Reading())
    return dict(resource), record.time, record.severity, record.body, record.attributes


def test_rfc_5424_with_structured_data_is_read() -> None:
    data = '[ex@32473 iut="3" q="a\\"b\\]"][o@1 x="é"]'
    text = f"<165>1 2026-11-21T06:49:40.000001Z host.example app 77 ID47 {data} \ufeffhi"
    assert read(text) == (
        {"service.name": "app", "host.name": "host.example"},
        AT + 1000,
        10,
        "hi",
        {
            "ex@32473.iut": "3", "ex@32473.q": 'a"b]', "o@1.x": "é", "syslog.msg.id": "ID47", "process.pid": 77,
            "syslog.facility.code": 20, "syslog.facility.name": "local4",
        },
    )  # fmt: skip
    _, record = parse(f'<14>1 - - - - - [t@1 trace_id="{TRACE}" span_id="{SPAN}"] x'.encode(), Reading())
    assert (record.ids.trace_id.hex(), record.ids.span_id.hex(), record.time) == (TRACE, SPAN, 0)


@pytest.mark.parametrize(
    ("sent", "body"), [(" hi", "hi"), ("  hi", " hi"), ("", ""), (' @cee: {"msg":"hi"}', "hi"), ('{"msg":"hi"}', "hi")]
)
def test_a_blank_that_rsyslog_forwards_and_a_cookie_are_no_part_of_the_message(sent: str, body: str) -> None:
    assert read(f"<13>1 - - app - - - {sent}") == ({"service.name": "app"}, 0, 10, body, USER)


@pytest.mark.parametrize(
    ("text", "service", "host", "time", "body", "pid"),
    [
        ("<13>2026-11-21T06:49:40Z web app[9]: hi", "app", "web", AT, "hi", 9),
        ("<13>web[9]: hi", "web", "", 0, "hi", 9),
        ("<13>hi", "", "", 0, "hi", None),
        ('<13>app: {"msg":"hi","level":"error"}', "app", "", 0, "hi", None),
        ('<13>app: @cee: {"msg":"hi"}', "app", "", 0, "hi", None),
        ("<13>", "", "", 0, "", None),
    ],
)
def test_what_rfc_3164_describes_is_read_whatever_is_missing(
    text: str, service: str, host: str, time: int, body: str, pid: int | None
) -> None:
    names = {key: value for key, value in {"service.name": service, "host.name": host}.items() if value}
    assert read(text) == (names, time, 10, body, USER | ({"process.pid": pid} if pid else {}))


@pytest.mark.parametrize("text", ["no priority", "<999>x", "<>x", "\x00", "<13>1 ", "<13>1 - - - - - [broken"])
def test_anything_else_is_text(text: str) -> None:
    assert isinstance(read(text)[3], str)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_pythons_own_handler_is_taken(server: Listening, kind: socket.SocketKind) -> None:
    handler = logging.handlers.SysLogHandler(("127.0.0.1", server.port), socktype=kind)
    handler.ident = "shop: "
    logger = logging.Logger("python")
    logger.addHandler(handler)
    logger.warning("first trace_id=%s", TRACE)
    logger.error("second\nline")
    handler.close()
    first, second = sorted(server.found(2), key=lambda each: each[1].body.string_value)
    assert (first[0], first[1].severity_number, first[1].trace_id.hex()) == ({"service.name": "shop"}, 13, TRACE)
    assert second[1].severity_number == 17
    assert second[1].body.string_value == "second\nline"


@pytest.mark.skipif(shutil.which("logger") is None, reason="logger is missing: on Debian, apt-get install bsdutils")
@pytest.mark.parametrize(
    "form",
    [["--udp", "--rfc5424"], ["--udp", "--rfc3164"], ["--tcp", "--rfc5424"], ["--tcp", "--rfc5424", "--octet-count"]],
    ids=" ".join,
)
def test_logger_is_taken_in_all_its_forms(server: Listening, form: list[str]) -> None:
    data = ["--sd-id", "a@1", "--sd-param", 'k="v"'] if "--rfc5424" in form else []
    command = ["logger", "-n", "127.0.0.1", "-P", str(server.port), *form, *data, "-p", "local0.err"]
    subprocess.run([*command, "-t", "tagged", "hello there"], check=True, timeout=30)
    [(resource, record)] = server.found(1)
    assert resource["service.name"] == "tagged"
    assert resource["host.name"] in (socket.gethostname(), socket.getfqdn(), socket.gethostname().partition(".")[0])
    assert (record.severity_number, record.body.string_value, record.time_unix_nano > 0) == (17, "hello there", True)
    found = attributes(record.attributes)
    assert (found["syslog.facility.name"], found.get("a@1.k")) == ("local0", "v" if data else None)


def test_both_framings_of_tcp_are_cut_right_however_they_arrive(server: Listening) -> None:
    text = b"<13>a: 1\n<13>a: 2\r\n10 <13>a: 3\n4<13>a: 5\x00<13>a: 6"
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        for byte in text:
            sender.send(bytes((byte,)))
    found = [record.body.string_value for _, record in server.found(5)]
    assert found == ["1", "2", "3\n4", "5", "6"]


def test_the_same_message_twice_is_two_records(server: Listening) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            sender.sendto(b"<13>a: same", ("127.0.0.1", server.port))
    assert len(server.found(20)) == 20


def test_a_message_without_end_is_cut_and_one_that_announces_too_much_ends_the_connection(server: Listening) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        sender.sendall(b"<13>a: " + b"x" * 20_000)
    whole = sum(len(record.body.string_value) for _, record in server.found(3))
    assert 0 < whole <= 3 * 1024
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        sender.sendall(b"99999999 <13>a: x")
        assert sender.recv(1) == b""
    assert server.intake.counters.refused_by_reason() == {"body_too_large": 1}


POISON = b'<13>a: {"timestamp":{"seconds":1795301000,"nanos":"abc"},"msg":"poison"}'


@pytest.mark.parametrize(("part", "reason"), [("parse", "invalid_record"), ("fresh_key", "internal_error")])
def test_a_packet_at_which_our_own_code_fails_is_refused_and_those_after_it_are_stored(
    server: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str, reason: str
) -> None:
    real, calls = getattr(syslog_server, part), count()

    def fail_once(*given: Any) -> Any:
        if not next(calls):
            raise ZeroDivisionError("a fault of a decoder")
        return real(*given)

    monkeypatch.setattr(syslog_server, part, fail_once)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<13>a: bad", ("127.0.0.1", server.port))
        assert eventually(server.intake.counters.refused_by_reason, bool) == {reason: 1}
        sender.sendto(b"<13>a: good", ("127.0.0.1", server.port))
    assert [record.body.string_value for _, record in server.found(1)] == ["good"]
    assert server.intake.counters.refused_by_reason() == {reason: 1}
    assert len([each for each in caplog.records if each.exc_info]) == 1


def test_a_record_with_an_odd_time_is_stored(server: Listening) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(POISON, ("127.0.0.1", server.port))
    [(_, record)] = server.found(1)
    assert (record.body.string_value, record.time_unix_nano) == ("poison", 0)
    assert record.attributes[0].key == "timestamp"
