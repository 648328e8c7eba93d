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


def killed_after_a_write(process: subprocess.Popen[bytes], path: Path, log: Path) -> None:
    """Kill a process right after its next write to a file, before the thread that wrote does anything else."""
    if shutil.which("strace") is None:
        pytest.skip("NOT TESTED: a kill after a call needs strace. On Debian: apt-get install strace")
    # The thread is held for so many microseconds.
    rules = ["-P", str(path), "-e", "trace=write", "-e", "inject=write:delay_exit=20000000"]
    tracer = subprocess.Popen(["strace", "-f", "-o", log, *rules, "-p", str(process.pid)], stderr=subprocess.PIPE)
    try:
        assert tracer.stderr is not None
        if b"attached" not in (said := tracer.stderr.readline()):
            pytest.skip(f"NOT TESTED: strace may not trace here: {said!r}")
        written, deadline = path.stat().st_size, time.monotonic() + 60
        while path.stat().st_size == written:
            assert time.monotonic() < deadline, f"nothing was written to {path}"
            time.sleep(0.005)
        process.kill()
        process.wait()
    finally:
        tracer.kill()
        tracer.communicate(timeout=30)
