"""Files that are rotated while `spanwise ship` is killed and started again: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.receive.running import Receiver, receiver
from tests.generated import seed

SPANWISE = str(Path(sys.executable).parent / "spanwise")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "spool") as made:
        yield made


def start(running: Receiver, tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    flags = ["--endpoint", f"http://127.0.0.1:{running.http_port}", "--state", str(tmp_path / "state.json")]
    waits = ["--join", "0.05", "--linger", "0.3"]
    return subprocess.Popen(
        [SPANWISE, "ship", *flags, *waits, *arguments], stderr=subprocess.PIPE, text=True, env=environment()
    )


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SPANWISE_")}


def bodies(running: Receiver) -> list[str]:
    return [record.body.string_value for record in running.records()]


def until(running: Receiver, wanted: int) -> Counter[str]:
    deadline = time.monotonic() + 30
    while len(found := bodies(running)) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)  # what would come twice has its chance
    return Counter(bodies(running)) if len(found) <= wanted else Counter(found)


def rotate(path: Path, *, copy: bool) -> None:
    """As logrotate does it: app.log.2 from app.log.1, and so on, then app.log itself, renamed or copied and emptied."""
    for number in range(30, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}.{number}", f"{path}.{number + 1}")
    if copy:
        shutil.copyfile(path, f"{path}.1")
        os.truncate(path, 0)
    else:
        path.rename(f"{path}.1")
        path.touch()


def end(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    return process.communicate(timeout=30)[1]


def finished(process: subprocess.Popen[str]) -> str:
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 0, said
    return said


def seen(tmp_path: Path) -> None:
    """Wait until the file is known; what was rotated away before that is nobody's."""
    state, deadline = tmp_path / "state.json", time.monotonic() + 30
    while not (state.exists() and json.loads(state.read_bytes())["places"]) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_twenty_rotations_and_kills_lose_nothing_and_send_nothing_twice(running: Receiver, tmp_path: Path) -> None:
    chance = random.Random(seed())
    path = tmp_path / "logs" / "app.log"
    path.parent.mkdir()
    path.touch()
    written = 0
    shipper = start(running, tmp_path, str(path))
    seen(tmp_path)
    for _ in range(20):
        for _ in range(chance.randrange(1, 4)):
            with path.open("a") as file:
                for _ in range(chance.randrange(1, 300)):
                    file.write(f"line {written}\n")
                    written += 1
            time.sleep(chance.choice((0, 0, 0.02, 0.1, 0.3)))
            if chance.random() < 0.6:
                rotate(path, copy=chance.random() < 0.5)
        if chance.random() < 0.7:
            end(shipper, signal.SIGKILL)
            shipper = start(running, tmp_path, str(path))
    found = until(running, written)
    said = end(shipper, signal.SIGTERM)
    assert shipper.returncode == 0, said
    assert {text: count for text, count in found.items() if count != 1} == {}, said
    assert [n for n in range(written) if f"line {n}" not in found] == [], said
    assert found.total() == written


def test_the_same_line_again_and_again_is_a_record_each_time(running: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "same.log"
    shipper = start(running, tmp_path, str(path))
    for number in range(5):
        with path.open("a") as file:
            file.write("the same\n")
        assert until(running, number + 1) == Counter({"the same": number + 1})
    end(shipper, signal.SIGTERM)


def test_lines_of_one_second_keep_their_order_over_parcels_and_restarts(running: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "second.log"
    path.touch()
    for number in range(4):
        with path.open("a") as file:
            file.write(f"2026-11-21T06:49:40 line {number}\n")
        shipper = start(running, tmp_path, str(path))
        assert until(running, number + 1).total() == number + 1
        end(shipper, signal.SIGTERM)
    found = sorted((record.time_unix_nano, record.body.string_value) for record in running.records())
    assert [(at - found[0][0], text[-6:]) for at, text in found] == [(n, f"line {n}") for n in range(4)]


def test_a_collector_that_is_away_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("before\n")
    with receiver(tmp_path / "spool") as running:
        pass
    shipper = start(running, tmp_path, str(path))
    time.sleep(1)
    said = end(shipper, signal.SIGKILL)
    with receiver(tmp_path / "spool2") as running:
        path.write_text("before\nafter\n")
        shipper = start(running, tmp_path, str(path), "--once")
        assert (finished(shipper)[:25], said) == ("spanwise ship: 2 records ", "")
        assert bodies(running) == ["before", "after"]


JAVA = """java.lang.IllegalStateException: no
\tat com.example.A.run(A.java:1)
Caused by: java.io.IOException: pipe
\t... 3 more"""
PYTHON = """ERROR could not
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    f()
ValueError: 1

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
KeyError: 2"""
GO = """panic: boom

goroutine 1 [running]:
main.f(0x1)
\t/a.go:3 +0x1d
exit status 2"""


PRETTY = """{
  "a": 1
}"""


def test_tracebacks_are_one_record_and_containers_lines_are_unwrapped(running: Receiver, tmp_path: Path) -> None:
    pods = tmp_path / "pods" / "shop_api-7f_0a1b" / "web" / "0.log"
    docker = tmp_path / "docker.log"
    plain = tmp_path / "plain.log"
    pods.parent.mkdir(parents=True)
    stamp = "2026-11-21T06:49:40.000000001Z"
    pods.write_text(
        f"{stamp} stdout P one \n{stamp} stderr F two\n{stamp} stdout F half\n"
        + "".join(f"{stamp} stderr F {line}\n" for line in JAVA.splitlines())
    )
    docker.write_text(
        f'{{"log":"cut ","stream":"stdout","attrs":{{"tag":"web"}},"time":"{stamp}"}}\n'
        f'{{"log":"here\\n","stream":"stdout","time":"{stamp}"}}\n'
    )
    plain.write_text(f"first\n{PYTHON}\nnext\n{GO}\n{PRETTY}\nlast without an end")
    shipper = start(running, tmp_path, str(tmp_path / "pods/*/*/*.log"), str(docker), str(plain), "--once")
    assert finished(shipper) == "spanwise ship: 9 records of 3 new files were stored.\n"
    found: dict[str, tuple[dict[str, str], list[str]]] = {}
    for request in running.log_requests():
        [resource] = request.resource_logs
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        _, texts = found.setdefault(names["service.name"], (names, []))
        texts += [each.body.string_value for each in resource.scope_logs[0].log_records]
    assert found["web"][1] == ["one half", f"two\n{JAVA}"]
    assert {key: found["web"][0][key] for key in ("k8s.namespace.name", "k8s.pod.name", "k8s.pod.uid")} == {
        "k8s.namespace.name": "shop",
        "k8s.pod.name": "api-7f",
        "k8s.pod.uid": "0a1b",
    }
    assert found["docker"][1] == ["cut here"]
    assert [
        each.value.string_value for record in running.records() for each in record.attributes if each.key == "tag"
    ] == ["web"]
    assert found["plain"][1] == ["first", PYTHON, "next", GO, PRETTY, "last without an end"]


def test_a_second_one_on_the_same_state_is_refused(running: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch()
    first = start(running, tmp_path, str(path))
    seen(tmp_path)
    second = start(running, tmp_path, str(path))
    said = second.communicate(timeout=30)[1]
    assert (second.returncode, "another `spanwise ship` holds" in said) == (2, True)
    end(first, signal.SIGTERM)


def test_what_cannot_be_followed_is_said_and_an_attribute_that_would_be_refused_is_no_start(
    running: Receiver, tmp_path: Path
) -> None:
    log = tmp_path / os.fsdecode(b"caf\xe9.log")
    log.write_text("here\n")
    (tmp_path / "folder").mkdir()
    asked = [str(log), str(tmp_path / "none*.log"), str(tmp_path / "folder"), "--once"]
    shipper = start(running, tmp_path, *asked, "--resource", "service.name=shop")
    said = shipper.communicate(timeout=30)[1]
    assert (shipper.returncode, bodies(running)) == (1, ["here"])
    assert f"{tmp_path}/none*.log: there is no such file yet" in said
    assert f"{tmp_path}/folder is a folder: give a pattern such as" in said
    [request] = running.log_requests()
    names = {each.key: each.value.string_value for each in request.resource_logs[0].resource.attributes}
    assert (names["service.name"], names["log.file.path"]) == ("shop", f"{tmp_path}/caf?.log")
    refused = start(running, tmp_path, str(log), "--resource", "my team=1")
    said = refused.communicate(timeout=30)[1]
    assert (refused.returncode, "argument --resource: 'my team=1' is not KEY=VALUE" in said) == (2, True)
