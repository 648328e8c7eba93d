"""Real senders over connections that keep no answers, while the collector or they themselves end and come back."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fluent.sender import FluentSender  # type: ignore[import-untyped]  # it has no types

from bench.collector import Collector
from bench.ports import free_port
from tests.collector.process import eventually

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
# What is sent in one go, before and after what happens.
MANY = 50


def texts(collector: Collector, service: str) -> Counter[str]:
    """The bodies of the records that can be searched, and how often each is there."""
    page = collector.get(f"/api/v1/logs?q=service:{service}&start=0&limit=1000")
    return Counter(each["body"] for each in page["logs"])


def expect(collector: Collector, service: str, count: int) -> None:
    """Wait for so many of "line 0", "line 1" and so on, and for nothing else."""
    wanted = Counter({f"line {number}": 1 for number in range(count)})
    assert eventually(lambda: texts(collector, service), lambda found: len(found) >= count) == wanted


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def collector(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Collector]:
    flags = ("--syslog-port", str(ports[0]), "--fluent-port", str(ports[1]))
    made = Collector(tmp_path / "data", tmp_path / "collector.log", flags=flags)
    made.start()
    yield made
    made.kill()


@contextmanager
def rsyslogd(folder: Path, port: int) -> Iterator[Path]:
    """Debian's rsyslogd as docs/logs.md sets it up, until the end of the block; the socket that programs log to."""
    assert RSYSLOGD is not None
    entrance, settings = folder / "log", folder / "rsyslog.conf"
    settings.write_text(
        f"""global(workDirectory="{folder}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{entrance}")
*.* action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="octet-counted"
    template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1"
    queue.type="LinkedList")
"""
    )
    entrance.unlink(missing_ok=True)
    daemon = subprocess.Popen([RSYSLOGD, "-n", "-f", str(settings), "-i", str(folder / "pid")])
    try:
        assert eventually(entrance.exists, bool)
        yield entrance
    finally:
        daemon.terminate()
        daemon.wait(60)


def log(entrance: Path, first: int) -> None:
    """Have util-linux's logger log MANY lines."""
    lines = "".join(f"line {number}\n" for number in range(first, first + MANY))
    command = ["logger", "--socket", str(entrance), "--tag", "tagged", "--priority", "local0.info"]
    subprocess.run(command, input=lines, text=True, check=True, timeout=60)


@pytest.mark.services
@pytest.mark.skipif(
    RSYSLOGD is None or shutil.which("logger") is None,
    reason="rsyslogd or logger is missing: on Debian, apt-get install rsyslog bsdutils",
)
def test_what_rsyslog_forwards_comes_once_over_restarts_of_both(
    collector: Collector, ports: tuple[int, int], tmp_path: Path
) -> None:
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    with rsyslogd(folder, ports[0]) as entrance:
        log(entrance, 0)
        expect(collector, "tagged", MANY)
        collector.kill()
        log(entrance, MANY)
        collector.start()
        expect(collector, "tagged", 2 * MANY)
    with rsyslogd(folder, ports[0]) as entrance:
        log(entrance, 2 * MANY)
        expect(collector, "tagged", 3 * MANY)


def test_what_fluents_client_kept_while_the_collector_was_away_comes_once(
    collector: Collector, ports: tuple[int, int]
) -> None:
    sender = FluentSender("shop", port=ports[1], nanosecond_precision=True)

    def emit(first: int) -> bool:
        return all([sender.emit("web", {"message": f"line {number}"}) for number in range(first, first + MANY)])

    assert emit(0)
    expect(collector, "shop.web", MANY)
    collector.kill()
    assert not emit(MANY)
    collector.start()
    assert emit(2 * MANY)
    expect(collector, "shop.web", 3 * MANY)
    sender.close()
