"""Servers and workers as real processes: every request is seen once, and nothing is lost when they stop."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.ports import free_port
from tests.tracer.processes import BIN, Server, asking, environment, serving
from tests.tracer.sink import Sink

ROOT = Path(__file__).parents[2]
RUN = [str(BIN / "spanwise"), "run", "--service", "api"]
# Each in a module of its own: every worker imports what it serves, and no other framework.
FLASK_APP, FASTAPI_APP = "tests.tracer.flask_app:app", "tests.tracer.fastapi_app:app"
UVICORN = [str(BIN / "uvicorn"), FASTAPI_APP, "--port", "{port}"]
GUNICORN = [str(BIN / "gunicorn"), "-b", "127.0.0.1:{port}", "--graceful-timeout", "5"]
UWSGI = [str(BIN / "uwsgi"), "--http-socket", "127.0.0.1:{port}", "-H", sys.prefix, "--die-on-term", "--enable-threads"]
UWSGI += ["--master", "-p", "2", "--need-app", "--module", FLASK_APP]

COMMANDS = {
    "uvicorn": [*RUN, *UVICORN],
    "uvicorn, init in the app": UVICORN,
    "uvicorn, no lifespan, init in the app": [*UVICORN, "--lifespan", "off"],
    "uvicorn workers": [*RUN, *UVICORN, "--workers", "2"],
    "uvicorn reload": [*RUN, *UVICORN, "--reload", "--reload-dir", "."],
    "gunicorn sync": [*RUN, *GUNICORN, "-w", "2", FLASK_APP],
    "gunicorn sync, init in the app": [*GUNICORN, "-w", "2", FLASK_APP],
    "gunicorn preload": [*RUN, *GUNICORN, "-w", "2", "--preload", FLASK_APP],
    "gunicorn preload, init in the app": [*GUNICORN, "-w", "2", "--preload", FLASK_APP],
    "gunicorn gthread": [*RUN, *GUNICORN, "-k", "gthread", "--threads", "4", FLASK_APP],
    "gunicorn asgi": [*RUN, *GUNICORN, "-w", "2", "-k", "asgi", FASTAPI_APP],
    "gunicorn uvicorn worker": [*RUN, *GUNICORN, "-w", "2", "-k", "uvicorn.workers.UvicornWorker", FASTAPI_APP],
    "gunicorn gevent": [*RUN, *GUNICORN, "-w", "2", "-k", "gevent", FLASK_APP],
    "gunicorn gevent preload": [*RUN, *GUNICORN, "-w", "2", "-k", "gevent", "--preload", FLASK_APP],
    "gunicorn preload recycling": [*RUN, *GUNICORN, "-w", "2", "--preload", "--max-requests", "5", FLASK_APP],
    "uwsgi": [*RUN, *UWSGI],
    "uwsgi lazy": [*RUN, *UWSGI, "--lazy-apps"],
    "uwsgi, init in the app": UWSGI,
    "gunicorn recycling": [*RUN, *GUNICORN, "-w", "2", "--max-requests", "5", FLASK_APP],
    "flask run": [*RUN, str(BIN / "flask"), "--app", FLASK_APP, "run", "--port", "{port}"],
    "python -m": [*RUN, "python", "-m", "uvicorn", *UVICORN[1:]],
}
REQUESTS = 24


def start(kind: str, sink: Sink, folder: Path) -> tuple[list[str], int, dict[str, str]]:
    if "uwsgi" in kind and not Path(UWSGI[0]).exists():
        pytest.skip("uwsgi is not installed: bash requirements/setup.sh services")
    port = free_port()
    own = {"INIT": "1"} if "init" in kind else {}
    env = environment(sink.endpoint, PYTHONPATH=str(ROOT), PATH=f"{BIN}:{os.environ['PATH']}", **own)
    return [part.format(port=port) for part in COMMANDS[kind]], port, env


def drive(server: Server, first: int = 0) -> None:
    with asking(10) as client:
        for number in range(first, first + REQUESTS):
            assert client.get(f"{server.url}/work/{number}").json()["number"] == number


def seen(sink: Sink) -> Counter[str]:
    return Counter(span.attributes["url.path"] for span in sink.spans if "/work/" in span.name)


def expected(count: int = REQUESTS) -> Counter[str]:
    return Counter(f"/work/{number}" for number in range(count))


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_request_is_seen_once_with_its_log_line_and_sigterm_loses_nothing(
    kind: str, sink: Sink, tmp_path: Path
) -> None:
    command, port, env = start(kind, sink, tmp_path)
    with serving(command, port, tmp_path, env) as server:
        drive(server)
        took = server.stop()
    assert seen(sink) == expected(), server.log.read_text()
    assert took < 6
    lines = [record for record in sink.records if record.logger == "shop"]
    assert sorted(record.body for record in lines) == sorted(f"working on {number}" for number in range(REQUESTS))
    of_spans = {(span.trace_id, span.span_id) for span in sink.spans}
    assert {(record.trace_id, record.span_id) for record in lines} <= of_spans
    instances = {span.resource["service.instance.id"] for span in sink.spans}
    assert len(instances) == len({span.resource["process.pid"] for span in sink.spans})


def test_a_reload_loses_nothing(sink: Sink, tmp_path: Path) -> None:
    changed = tmp_path / "changed.py"
    changed.write_text("")
    command, port, env = start("uvicorn reload", sink, tmp_path)
    with serving(command, port, tmp_path, env) as server:
        drive(server)
        # uvicorn without watchfiles looks at the times of the files it knows.
        os.utime(changed, (time.time() + 10, time.time() + 10))
        wait_for_log(server, "Application startup complete", times=2)
        drive(server, REQUESTS)
        server.stop()
    assert seen(sink) == expected(2 * REQUESTS)


def test_sighup_of_gunicorn_loses_nothing(sink: Sink, tmp_path: Path) -> None:
    command, port, env = start("gunicorn sync", sink, tmp_path)
    with serving(command, port, tmp_path, env) as server:
        drive(server)
        server.process.send_signal(signal.SIGHUP)
        wait_for_log(server, "Booting worker", times=4)
        drive(server, REQUESTS)
        server.stop()
    assert seen(sink) == expected(2 * REQUESTS)


def wait_for_log(server: Server, text: str, times: int) -> None:
    deadline = time.monotonic() + 20
    while server.log.read_text().count(text) < times:
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
