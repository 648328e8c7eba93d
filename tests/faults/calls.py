"""System calls of a collector that fail when a test says so."""

from __future__ import annotations

import errno
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("failing_calls.c")


class Calls:
    """The rules under which calls of Python's fail at this moment, none at first; see failing_calls.c.

    The engine is out of its reach: it binds the C library's functions for itself.
    """

    def __init__(self, folder: Path) -> None:
        self._rules = folder / "failing-calls"
        self._count = folder / "failing-calls.count"
        self._rules.write_text("")
        self._library = folder / "failing_calls.so"
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("NOT TESTED: failing calls need a C compiler. On Debian: apt-get install gcc libc6-dev")
        subprocess.run(
            [compiler, "-O1", "-shared", "-fPIC", "-o", self._library, _SOURCE, "-ldl"], check=True, timeout=60
        )

    @property
    def variables(self) -> dict[str, str]:
        """What the collector's environment needs."""
        return {"LD_PRELOAD": str(self._library), "FAILING_CALLS": str(self._rules)}

    @property
    def failed(self) -> int:
        """How many calls have failed so far."""
        return self._count.stat().st_size if self._count.exists() else 0

    @contextmanager
    def failing(self, path: str, call: str, error: int = errno.EIO) -> Iterator[None]:
        """Let a call on descriptors whose path contains `path` fail during the block."""
        self._set(f"{path} {call} {error}")
        yield
        self._set("")

    def shift_clock(self, seconds: int) -> None:
        """Put the wall clock forward or back, or right with 0; the monotonic one is left alone."""
        self._set(f"- clock {seconds}")

    def _set(self, rules: str) -> None:
        fresh = self._rules.with_suffix(".new")
        fresh.write_text(rules)
        fresh.replace(self._rules)


@contextmanager
def all_calls_failing(process: int, calls: str, error: str, log: Path) -> Iterator[None]:
    """Let calls of every thread fail during the block, the engine's too, whatever the file."""
    if shutil.which("strace") is None:
        pytest.skip("NOT TESTED: failing calls of the engine need strace. On Debian: apt-get install strace")
    rules = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", log, *rules, "-p", str(process)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while not log.exists() or "INJECTED" not in log.read_text(errors="replace"):
            if tracer.poll() is not None or time.monotonic() > deadline:
                pytest.skip(f"NOT TESTED: strace may not trace here: {tracer.communicate()[1]!r}")
            time.sleep(0.02)
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)


def killed_at(process: subprocess.Popen[bytes], call: str, number: int, log: Path) -> None:
    """Kill a process when one of its threads is about to make its call of that number from now, the engine's too."""
    rules = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    if shutil.which("strace") is None:
        pytest.skip("NOT TESTED: a kill at a call needs strace. On Debian: apt-get install strace")
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", log, *rules, "-p", str(process.pid)], stderr=subprocess.PIPE
    )
    try:
        while process.poll() is None:
            if tracer.poll() is not None and process.poll() is None:
                pytest.skip(f"NOT TESTED: strace may not trace here: {tracer.communicate()[1]!r}")
            time.sleep(0.02)
    finally:
        tracer.kill()
        tracer.communicate(timeout=30)
