"""redis-server at log level debug: clients, snapshots, a replica that comes and goes, protocol errors, restarts."""

from __future__ import annotations

import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import redis

from bench.patterns.produce_nginx import _free


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Lines of a master's and a replica's log."""
    ports = [_free(), _free()]
    for turn in range(3):
        nodes = [_start(folder, port, name, turn) for port, name in zip(ports, ("one", "two"), strict=True)]
        time.sleep(0.5)
        _use(ports, chance)
        nodes[turn % 2].send_signal(signal.SIGTERM)
        time.sleep(1.2)
        for node in nodes:
            node.send_signal(signal.SIGINT if turn < 2 else signal.SIGTERM)
            node.wait(20)
    text = "\n".join((folder / name / "log").read_text(errors="replace") for name in ("one", "two"))
    found = [re.sub(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ [.\-*#] ", "", line) for line in text.splitlines()]
    return [line for line in found if not re.match(r"^[\s`._|\-',]|^\s*$", line) and "Running in" not in line[:40]]


def _start(folder: Path, port: int, name: str, turn: int) -> subprocess.Popen[bytes]:
    (folder / name).mkdir(exist_ok=True)
    options = ["--port", str(port), "--dir", str(folder / name), "--logfile", str(folder / name / "log")]
    options += [
        "--loglevel",
        "debug" if turn < 2 else "verbose",
        "--save",
        "1 1",
        "--appendonly",
        "yes" if turn else "no",
    ]
    options += ["--maxclients", "40", "--hz", "50", "--repl-timeout", "3"]
    return subprocess.Popen(["/usr/bin/redis-server", *options])


def _use(ports: list[int], chance: random.Random) -> None:
    one, two = (redis.Redis(port=port) for port in ports)
    for turn in range(70):
        for _ in range(20):
            one.set(f"key:{chance.randrange(2000)}", "x" * chance.randrange(100), ex=chance.choice([None, 1, 60]))
        match chance.randrange(14):
            case 0:
                two.replicaof("127.0.0.1", ports[0])
            case 1:
                two.replicaof("NO", "ONE")
            case 2:
                _quietly(one.bgsave)
            case 3:
                _quietly(one.bgrewriteaof)
            case 4:
                _raw(ports[0], b"*3\r\n$-7\r\n")
            case 5:
                _raw(ports[0], b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
            case 6:
                _quietly(lambda: one.config_set("maxmemory", f"{chance.randrange(2, 50)}mb"))
            case 7:
                crowd = [socket.create_connection(("127.0.0.1", ports[0])) for _ in range(45)]
                time.sleep(0.1)
                for each in crowd:
                    each.close()
            case 8:
                _quietly(lambda: one.client_kill_filter(skipme=True, _type="normal"))
            case 9:
                two.replicaof("127.0.0.1", 1)
            case 10:
                _quietly(one.flushall)
            case 11:
                _quietly(
                    lambda: one.eval(
                        "redis.log(redis.LOG_WARNING, 'budget ' .. ARGV[1] .. ' used') return 1", 0, str(turn)
                    )
                )
            case 12:
                _quietly(one.save)
            case _:
                _quietly(lambda: one.execute_command("DEBUG", "SLEEP", "0.1"))  # type: ignore[no-untyped-call]
        time.sleep(chance.choice([0.05, 0.15, 0.3]))


def _quietly(do: object) -> None:
    try:
        do()  # type: ignore[operator]
    except (redis.RedisError, OSError):
        pass


def _raw(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        try:
            client.sendall(sent)
            client.recv(1000)
        except OSError:
            pass
