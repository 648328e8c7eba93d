"""The ports that Zipkin and Jaeger are known by."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import grpc.aio  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest
from spanwise_collector.entrance import entrance
from spanwise_collector.errors import SettingError
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.peers import peer_ports
from spanwise_collector.settings import Address, Settings
from spanwise_collector.spool import Spool

from bench.ports import free_port
from tests.collector.receive import thrift_writer as write
from tests.collector.receive.test_jaeger_cases import POST_SPANS, THRIFT, batch, proto_request, span_fields
from tests.collector.receive.test_zipkin_cases import FULL

NAMES = ("zipkin", "jaeger-http", "jaeger-compact", "jaeger-binary", "jaeger-grpc")


@asynccontextmanager
async def listening(intake: Intake, settings: Settings) -> AsyncIterator[dict[str, Address]]:
    """The ports of these settings, behind the guard that they have in a collector."""
    with entrance(settings) as door:
        guarded = partial(door.guard, counters=intake.counters)
        async with peer_ports(intake, settings, door.gate, guarded, 0) as ports:
            yield ports


def test_other_paths_of_such_a_port_are_answered_404_and_counted(tmp_path: Path) -> None:
    settings = Settings.load(["--zipkin-port", str(free_port()), "--data", str(tmp_path)])
    intake = Intake(Spool(tmp_path, segment_age=3600))

    async def ask() -> list[int]:
        async with listening(intake, settings) as ports, httpx.AsyncClient(trust_env=False, verify=False) as client:
            url = f"http://{ports['zipkin_port']}"
            answers = [await client.post(f"{url}{path}", json=[]) for path in ("/api/v3/spans", "/v1/traces")]
            return [answer.status_code for answer in answers]

    assert asyncio.run(ask()) == [404, 404]
    intake.close()
    assert intake.counters.refused == {("unknown", "http", "not_found"): 2}


def test_every_port_that_is_named_takes_spans_of_its_kind(tmp_path: Path) -> None:
    flags = [part for name in NAMES for part in (f"--{name}-port", str(free_port()))]
    settings = Settings.load([*flags, "--data", str(tmp_path)])
    spool = Spool(tmp_path, segment_age=3600)
    spool.start()
    intake = Intake(spool)

    async def send() -> set[str]:
        async with listening(intake, settings) as ports, httpx.AsyncClient(trust_env=False, verify=False) as client:
            zipkin, thrift, compact, binary, calls = (ports[f"{name.replace('-', '_')}_port"] for name in NAMES)
            body = write.binary((write.STRUCT, batch(span_fields())))
            answers = (
                await client.post(f"http://{zipkin}/api/v2/spans", json=[FULL]),
                await client.post(f"http://{thrift}/api/traces", content=body, headers=THRIFT),
            )
            assert [answer.status_code for answer in answers] == [202, 202]
            async with grpc.aio.insecure_channel(str(calls)) as channel:
                assert await channel.unary_unary(POST_SPANS)(proto_request().SerializeToString()) == b""
            call: write.Fields = {1: (write.STRUCT, batch(span_fields(_5=(write.STRING, "packet"))))}
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(write.compact_call("emitBatch", call), (compact.host, compact.port))
                sender.sendto(write.binary_call("emitBatch", call), (binary.host, binary.port))
            while intake.counters.accepted.total() + intake.counters.repeated.total() < 5:  # noqa: ASYNC110 - no packet is answered
                await asyncio.sleep(0.001)
        return {protocol for _, protocol in intake.counters.accepted}

    found = asyncio.run(send())
    spool.close()
    intake.close()
    assert found == {"zipkin_v2", "jaeger_http", "jaeger_grpc", "jaeger_udp"}


def test_logs_of_syslog_and_fluent_come_through_the_ports_of_their_settings(tmp_path: Path) -> None:
    syslog, fluent = free_port(), free_port()
    settings = Settings.load(["--syslog-port", str(syslog), "--fluent-port", str(fluent), "--data", str(tmp_path)])
    spool = Spool(tmp_path, segment_age=3600)
    spool.start()
    intake = Intake(spool)

    async def send() -> set[str]:
        async with listening(intake, settings):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>packet", ("127.0.0.1", syslog))
            for port, message in ((syslog, b"<13>line\n"), (fluent, b"\x93\xa3app\x01\x81\xa1a\x01")):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(message)
                await writer.drain()
                writer.close()
            while intake.counters.accepted.total() < 3:  # noqa: ASYNC110 - none of them is answered
                await asyncio.sleep(0.001)
        return {protocol for _, protocol in intake.counters.accepted}

    found = asyncio.run(send())
    spool.close()
    intake.close()
    assert found == {"syslog_tcp", "syslog_udp", "fluent"}


def test_no_port_is_opened_by_default(tmp_path: Path) -> None:
    async def count() -> int:
        async with listening(Intake(Spool(tmp_path)), Settings.load(["--data", str(tmp_path)])) as ports:
            return len(ports)

    assert asyncio.run(count()) == 0


@pytest.mark.parametrize("name", ["zipkin", "jaeger-grpc"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings.load([f"--{name}-port", str(port), "--data", str(tmp_path)])

        async def listen() -> None:
            async with listening(Intake(Spool(tmp_path)), settings):
                pass

        with pytest.raises(SettingError, match=f"127.0.0.1:{port}"):
            asyncio.run(listen())
