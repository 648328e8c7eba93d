"""A collector in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bench.ports import HOST, free_port

_TICKS = os.sysconf("SC_CLK_TCK")
_POLL_SECONDS = 0.02


class CollectorFailed(Exception):
    """The collector did not start, or ended by itself; the message holds the end of what it said."""


@dataclass(slots=True)
class Collector:
    """`spanwise up` on a data folder. It may be started again after it was stopped or killed.

    `output` gets what it prints, of all its lives; its folder is where the collector runs. It is told its addresses
    and folder by flags, or by the variables that `make up` passes on; `flags` and `variables` come on top.
    """

    data: Path
    output: Path
    http: int = field(default_factory=free_port)
    grpc: int = field(default_factory=free_port)
    command: tuple[str, ...] = (str(Path(sys.executable).with_name("spanwise")),)
    by_variables: bool = False
    flags: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 60.0) -> float:
        """Start it and wait until it is ready; the answer is how many seconds that took."""
        began = time.monotonic()
        self.launch()
        self.wait_until_ready(timeout)
        return time.monotonic() - began

    def launch(self) -> None:
        """Start it without waiting."""
        chosen = {"data": str(self.data), "http": f"{HOST}:{self.http}", "grpc": f"{HOST}:{self.grpc}"}
        words = [] if self.by_variables else [word for key in chosen for word in (f"--{key}", chosen[key])]
        variables = {f"SPANWISE_{key.upper()}": value for key, value in chosen.items()} if self.by_variables else {}
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                (*self.command, "up", *words, *self.flags),
                cwd=self.output.parent,
                env=os.environ | variables | self.variables,
                stdout=output,
                stderr=output,
            )

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Wait for `/readyz`; raises `CollectorFailed` when it ends or the time does."""
        deadline = time.monotonic() + timeout
        while not self._ready():
            if self.process.poll() is not None:
                raise CollectorFailed(f"ended with status {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise CollectorFailed(f"not ready after {timeout:.0f} s:\n{self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, timeout: float = 60.0) -> int:
        """Ask it to end, as a service manager does, and wait; the answer is its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        """End it as a power cut ends a process: no handler runs."""
        self.process.kill()
        self.process.wait()

    def get(self, path: str, timeout: float = 60.0) -> Any:
        """The JSON that the API answers at this path."""
        with urllib.request.urlopen(f"http://{HOST}:{self.http}{path}", timeout=timeout) as answer:
            return json.load(answer)

    def span_count(self) -> int:
        """How many spans can be searched now."""
        return int(cast("dict[str, int]", self.get("/api/v1/status"))["span_count"])

    def cpu_seconds(self) -> float:
        """Processor time since it started, in user and kernel mode, of all its threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        # The name of the program, in parentheses, may hold blanks: what follows it does not.
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def memory(self) -> int:
        """The memory that it has resident now, in bytes."""
        return self._status("VmRSS")

    def peak_memory(self) -> int:
        """The most memory that it has had resident, in bytes."""
        return self._status("VmHWM")

    def last_words(self, lines: int = 20) -> str:
        """The end of what it printed."""
        if not self.output.exists():
            return ""
        return "\n".join(self.output.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of its present life."""
        if self._process is None:
            raise CollectorFailed("it was not started")
        return self._process

    def _status(self, field_name: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{field_name}:"):
                return int(line.split()[1]) * 1024
        return 0

    def _ready(self) -> bool:
        try:
            self.get("/readyz", timeout=5.0)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except (urllib.error.URLError, OSError):
            return False
        return True


def folder_bytes(folder: Path) -> dict[str, int]:
    """The size of what lies in each entry of the folder. Files may vanish meanwhile: merges delete them."""
    return {entry.name: _size(entry) for entry in sorted(folder.iterdir())}


def _size(entry: Path) -> int:
    files = (entry,) if entry.is_file() else entry.rglob("*")
    total = 0
    for file in files:
        try:
            total += file.lstat().st_size
        except FileNotFoundError:
            continue
    return total
