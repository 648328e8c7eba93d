"""Real servers and scripts as processes of their own, traced into a sink."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

BIN = Path(sys.executable).parent


def asking(seconds: float) -> httpx.Client:
    """A client that opens a connection for each request, so that every worker gets some; `httpx.get` reads all
    authorities of the system each time, which takes longer than the request."""
    return httpx.Client(verify=False, trust_env=False, timeout=seconds, headers={"Connection": "close"})


def environment(endpoint: str, **more: str) -> dict[str, str]:
    """The environment of a traced process, without any tracing variable of this one."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SPANWISE_", "OTEL_"))}
    return {**env, "SPANWISE_ENDPOINT": endpoint, "PYTHONWARNINGS": "error::ResourceWarning", **more}


def run_script(
    code: str, endpoint: str, folder: Path, *, traced: bool = False, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, under `spanwise run` when traced; it is killed after 30 s."""
    script = folder / "script.py"
    script.write_text(code)
    command = [str(BIN / "spanwise"), "run", str(script)] if traced else [sys.executable, str(script)]
    return subprocess.run(
        command, env=environment(endpoint, **env), capture_output=True, text=True, timeout=30, cwd=folder, check=False
    )


@dataclass
class Server:
    """A server process that listens."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self, signum: int = signal.SIGTERM) -> float:
        """Stop it and return the seconds that took."""
        started = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(timeout=20)
        return time.monotonic() - started


@contextmanager
def serving(command: list[str], port: int, folder: Path, env: dict[str, str]) -> Iterator[Server]:
    """Start a command in its own process group, wait until its port answers, and end the group afterwards."""
    log = folder / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_until_up(process, port, log)
        yield Server(process, f"http://127.0.0.1:{port}", log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 25
    with asking(5) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise AssertionError(f"the server ended with {process.returncode}:\n{log.read_text()}")
            try:
                client.get(f"http://127.0.0.1:{port}/up")
                return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError(f"the server does not answer:\n{log.read_text()}")
