"""Fluent's forward protocol, in all its modes, over a real socket; and its real client."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest
from fluent.sender import FluentSender  # type: ignore[import-untyped]  # it has no types
from spanwise_collector.errors import BodyTooLarge
from spanwise_collector.receive import fluent
from spanwise_collector.receive.body import Budget, Weight

from tests.collector.receive.listening import Listening, attributes, listening
from tests.collector.receive.test_log_fields import AT, TRACE

TIME = msgpack.ExtType(0, struct.pack(">II", AT // 10**9, 5))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(tmp_path / "spool", "fluent", "--max-body-bytes", "1MiB") as made:
        yield made


def talk(server: Listening, *messages: Any, answers: int = 0) -> list[Any]:
    """Send messages on one connection, wait for so many answers."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
        sender.sendall(b"".join(msgpack.packb(message) for message in messages))
        found: list[Any] = []
        reader = msgpack.Unpacker()
        while len(found) < answers and (data := sender.recv(4096)):
            reader.feed(data)
            found += list(reader)
    return found


def packed(*events: Any) -> bytes:
    return b"".join(msgpack.packb(event) for event in events)


MODES = {
    "message": ["app", TIME, {"msg": "hi", "n": 1}],
    "message with option": ["app", TIME, {"msg": "hi", "n": 1}, {"chunk": "c1"}],
    "forward": ["app", [[TIME, {"msg": "hi", "n": 1}]], {"chunk": "c1", "size": 1}],
    "packed forward": ["app", packed([TIME, {"msg": "hi", "n": 1}]), {"chunk": "c1"}],
    "compressed": ["app", gzip.compress(packed([TIME, {"msg": "hi", "n": 1}])), {"compressed": "gzip", "chunk": "c1"}],
    "fluent bit's events": ["app", packed([[TIME, {}], {"msg": "hi", "n": 1}]), {"chunk": "c1"}],
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_stored_and_answered_where_it_asks_for_it(server: Listening, mode: str) -> None:
    asks = "chunk" in str(MODES[mode])
    assert talk(server, MODES[mode], answers=asks) == ([{"ack": "c1"}] if asks else [])
    [(resource, record)] = server.found(1)
    assert resource == {"service.name": "app"}
    assert (record.time_unix_nano, record.body.string_value) == (AT + 5, "hi")
    assert attributes(record.attributes) == {"n": 1, "fluent.tag": "app"}


def test_packed_as_text_by_old_senders_is_taken(server: Listening) -> None:
    events = packed([AT // 10**9, {"msg": "old \xff"}])
    raw = b"\x92" + msgpack.packb("app") + msgpack.packb(events, use_bin_type=False)
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        sender.sendall(raw)
    [(_, record)] = server.found(1)
    assert (record.time_unix_nano, record.body.string_value) == (AT, "old \xff")


def test_a_chunk_that_is_sent_again_is_answered_and_stored_once(server: Listening) -> None:
    message = ["app", [[TIME, {"msg": "hi"}]], {"chunk": "same"}]
    assert talk(server, message, message, answers=2) == [{"ack": "same"}] * 2
    plain = ["app", TIME, {"msg": "plain"}]
    talk(server, plain, plain)
    assert [record.body.string_value for _, record in server.found(3)] == ["hi", "plain", "plain"]


def test_dockers_driver_and_kubernetes_filter_are_understood(server: Listening) -> None:
    docker = {
        "container_id": "0" * 64,
        "container_name": "/web",
        "source": "stdout",
        "log": '{"level":"warn","msg":"x"}',
    }
    names = {"namespace_name": "shop", "pod_name": "api-7f", "container_name": "api", "host": "node1"}
    filtered = {"log": f"2026-11-21T06:49:40Z ERROR trace_id={TRACE}\n", "stream": "stderr", "kubernetes": names}
    talk(server, ["d", AT // 10**9, docker], ["kube.x", TIME, filtered])
    (first, record), (second, other) = server.found(2)
    assert first == {"service.name": "web", "container.name": "web", "container.id": "0" * 64}
    assert (record.severity_number, record.body.string_value) == (13, "x")
    assert second == {
        "service.name": "api", "k8s.namespace.name": "shop", "k8s.pod.name": "api-7f", "k8s.container.name": "api",
        "k8s.node.name": "node1",
    }  # fmt: skip
    assert (other.severity_number, other.trace_id.hex(), other.time_unix_nano) == (17, TRACE, AT + 5)


def test_the_real_client_is_taken(server: Listening) -> None:
    sender = FluentSender("shop", port=server.port, nanosecond_precision=True)
    for number in range(100):
        assert sender.emit_with_time("web", AT / 1e9, {"message": f"m{number}", "level": "error"}), sender.last_error
    sender.close()
    found = server.found(100)
    assert [record.body.string_value for _, record in found] == [f"m{number}" for number in range(100)]
    assert {(resource["service.name"], record.severity_number) for resource, record in found} == {("shop.web", 17)}


@pytest.mark.parametrize(
    "message",
    [
        1, "text", ["tag"], [1, 2, 3], ["app", [["late", {}]]], ["app", [[1, "text"]]], ["app", b"\xc1"],
        ["app", packed([1, {}])[:-1]], ["app", b"x", {"compressed": "gzip"}],
        ["app", b"\x81\x90\x01"], ["app", [[float("inf"), {}]]], ["app", [[float("nan"), {}]]],
        ["app", [[1, {}]], {"chunk": "c" * 128}], ["app", [[1, {}]], {"chunk": [1]}],
    ],
)  # fmt: skip
def test_what_is_no_message_ends_the_connection_and_is_counted(server: Listening, message: Any) -> None:
    assert talk(server, message, answers=1) == []
    assert server.intake.counters.refused_by_reason() == {"bad_data": 1}
    assert talk(server, MODES["forward"], answers=1) == [{"ack": "c1"}]


def test_more_than_the_limit_ends_the_connection_packed_or_not(server: Listening) -> None:
    bomb = ["app", gzip.compress(packed(*[[1, {"m": "x" * 1000}]] * 2000)), {"compressed": "gzip"}]
    assert talk(server, bomb, answers=1) == []
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
        with contextlib.suppress(OSError):
            sender.sendall(b"\xdb\x7f\xff\xff\xff" + bytes(8 * 2**20))
        with contextlib.suppress(ConnectionError):
            assert sender.recv(1) == b""
    assert server.intake.counters.refused_by_reason() == {"body_too_large": 2}


@pytest.mark.parametrize("moment", [1e305, -1e305, 2.0**80])
def test_a_time_too_large_for_nanoseconds_is_none(moment: float) -> None:
    assert fluent._event([moment, {"log": "x"}], Weight(Budget(1000).hold())) == (0, {"log": "x"})


def test_a_chunk_at_which_our_own_code_fails_is_answered_and_those_after_it_are_stored(
    server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fluent, "from_fields", None)
    assert talk(server, ["app", [[TIME, {"msg": "bad"}]], {"chunk": "c1"}], answers=1) == [{"ack": "c1"}]
    monkeypatch.undo()
    assert talk(server, ["app", [[TIME, {"msg": "good"}]], {"chunk": "c2"}], answers=1) == [{"ack": "c2"}]
    assert [record.body.string_value for _, record in server.found(1)] == ["good"]
    assert server.intake.counters.refused_by_reason() == {"invalid_record": 1}


def test_an_event_with_an_odd_time_in_a_field_is_stored(server: Listening) -> None:
    talk(server, ["app", TIME, {"msg": "hi", "timestamp": {"seconds": AT // 10**9, "nanos": "abc"}}])
    [(_, record)] = server.found(1)
    assert (record.body.string_value, record.time_unix_nano) == ("hi", AT + 5)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Listening]:
    with listening(tmp_path / "spool", "fluent", "--max-inflight-bytes", "1MiB") as made:
        yield made


MAPS = b"\x81\xa1a\xdd" + (20_000).to_bytes(4, "big") + b"\x80" * 20_000
BOMBS = {
    "forward": b"\x92" + msgpack.packb("app") + b"\x91\x92\x01" + MAPS,
    "message": b"\x93" + msgpack.packb("app") + b"\x01" + MAPS,
    "packed": msgpack.packb(["app", b"\x92\x01" + MAPS]),
    "compressed": msgpack.packb(["app", gzip.compress(b"\x92\x01" + MAPS), {"compressed": "gzip"}]),
    "a tag of many": msgpack.packb(["t" * 100_000, [[1, {}]] * 20]),
}


@pytest.mark.parametrize("mode", BOMBS)
def test_bytes_that_would_be_many_objects_end_the_connection(small: Listening, mode: str) -> None:
    """An empty map is one byte on the wire and 72 in memory: 64 MiB of them would be 4.5 GiB."""
    assert answered(small, BOMBS[mode]) == b""
    assert small.intake.counters.refused_by_reason() == {"body_too_large": 1}
    assert (small.intake.budget.held, talk(small, MODES["forward"], answers=1)) == (0, [{"ack": "c1"}])


def test_an_event_of_more_than_one_may_have_is_not_unpacked(server: Listening) -> None:
    limits = fluent.Limits(64 * 2**20, 1000)
    packed_event = b"\x92\x01\x81\xa1a\xdd" + (5 * 2**20).to_bytes(4, "big") + b"\xc0" * (5 * 2**20)
    with pytest.raises(BodyTooLarge, match="one event has at most 4194304"):
        fluent.message_of(msgpack.packb(["app", packed_event]), limits, Budget(2**40).hold())


def test_a_message_that_does_not_end_is_not_kept_for_ever(tmp_path: Path) -> None:
    with listening(tmp_path / "spool", "fluent", "--read-timeout", "200ms") as server:
        assert answered(server, b"\x93\xa3app" + b"\xdc") == b""
        assert (server.intake.counters.refused_by_reason(), server.intake.budget.held) == ({"body_timeout": 1}, 0)


def test_what_is_nested_too_deeply_is_bad_and_no_fault_of_ours(server: Listening) -> None:
    assert answered(server, b"\x93\xa3app\x01\x81\xa1a" + b"\x91" * 1015 + b"\xc0") == b""
    assert server.intake.counters.refused_by_reason() == {"bad_data": 1}


def test_messages_come_whole_however_the_stream_is_cut() -> None:
    whole = b"".join(msgpack.packb(message) for message in [*MODES.values(), None])
    stream = fluent.Stream(2**20)
    found = [raw for at in range(len(whole)) for raw in stream.feed(whole[at : at + 1])]
    assert (b"".join(found), len(found), stream.amid) == (whole, len(MODES) + 1, False)


def answered(server: Listening, raw: bytes) -> bytes:
    """What comes back on a connection until it ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
        sender.sendall(raw)
        try:
            return sender.recv(100)
        except ConnectionError:
            return b""
