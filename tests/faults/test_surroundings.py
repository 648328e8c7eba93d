"""What surrounds a collector fails: network, clock, descriptors, threads, slow senders, signals. The promise holds."""

from __future__ import annotations

import errno
import random
import resource
import signal
import socket
import time
from contextlib import ExitStack

from bench.ports import HOST
from tests.faults import promise
from tests.faults.conftest import Failing
from tests.faults.promise import SEED
from tests.faults.proxy import FAULTS, Proxy

_SLOW = 500
_HOUR = 3600


def test_a_network_that_breaks_in_every_way_loses_and_doubles_nothing(failing: Failing) -> None:
    collector, _ = failing
    chance = random.Random(SEED)
    with (
        Proxy(collector.http).running() as proxy,
        promise.exporting(collector, proxy.port, timeout=0.4) as sending,
    ):
        for fault in chance.sample(FAULTS, len(FAULTS)):
            proxy.fault = fault
            time.sleep(0.7)
            proxy.fault = "none"
            promise.wait_for_more(sending, 10)
    assert sum(exporter.resent for exporter in sending) > 0


def test_a_wall_clock_that_jumps_loses_and_doubles_nothing(failing: Failing) -> None:
    collector, calls = failing
    with promise.exporting(collector) as sending:
        for hours in (-1, 1, -30, 30, 0):
            calls.shift_clock(hours * _HOUR)
            promise.wait_for_more(sending)
    assert collector.get("/readyz") == {"status": "ready"}


def test_without_descriptors_connections_wait_and_are_served_when_some_are_free(failing: Failing) -> None:
    collector, _ = failing
    pid = collector.process.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with promise.exporting(collector) as sending:
        with ExitStack() as crowd:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, usual[1]))
            for _ in range(100):
                crowd.enter_context(socket.create_connection((HOST, collector.http)))
            time.sleep(0.5)
            assert collector.process.poll() is None
            resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
        promise.wait_for_more(sending)


def test_without_threads_what_cannot_be_done_is_refused_and_the_rest_goes_on(failing: Failing) -> None:
    collector, calls = failing
    with promise.exporting(collector) as sending:
        with calls.failing("-", "thread", errno.EAGAIN):
            time.sleep(0.5)
            assert collector.process.poll() is None
        promise.wait_for_more(sending)
    assert promise.answers(collector)


def test_500_slow_senders_are_cut_off_and_the_good_are_served(failing: Failing) -> None:
    collector, _ = failing
    head = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with promise.exporting(collector) as sending, ExitStack() as crowd:
        slow = [crowd.enter_context(socket.create_connection((HOST, collector.http), 30)) for _ in range(_SLOW)]
        for connection in slow:
            connection.sendall(head)
        for _ in range(4):  # a byte a second and so; less than the deadline apart, more than it in all
            for connection in slow:
                connection.send(b"{", socket.MSG_NOSIGNAL)
            time.sleep(0.3)
        answered = promise.acknowledged(sending)
        assert [connection.recv(12) for connection in slow] == [b"HTTP/1.1 408"] * _SLOW
        promise.wait_for_more(sending)
    assert answered > 0
    assert {"signal": "traces", "protocol": "otlp_http_json", "reason": "body_timeout", "requests": _SLOW} in (
        collector.get("/api/v1/health")["refused"]
    )


def test_readers_that_do_not_read_their_answers_hold_up_nobody(failing: Failing) -> None:
    collector, _ = failing
    many = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50
    with promise.exporting(collector) as sending, ExitStack() as crowd:
        for _ in range(100):
            connection = crowd.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((HOST, collector.http))
            connection.sendall(many)
        promise.wait_for_more(sending)
        assert promise.answers(collector)


def test_a_collector_that_stands_still_for_a_while_goes_on(failing: Failing) -> None:
    collector, _ = failing
    with promise.exporting(collector, timeout=0.3) as sending:
        collector.process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        collector.process.send_signal(signal.SIGCONT)
        promise.wait_for_more(sending)


def test_sigterm_under_load_ends_clean_with_everything_kept(failing: Failing) -> None:
    collector, _ = failing
    chance = random.Random(SEED)
    with promise.exporting(collector) as sending:
        for _ in range(2):
            promise.wait_for_more(sending)
            time.sleep(chance.uniform(0, 0.3))
            assert collector.stop() == 0
            collector.start()
        promise.wait_for_more(sending)
