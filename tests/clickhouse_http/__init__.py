"""A ClickHouse server to test with: its HTTP interface, and chDB behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

USER = "spanwise"
PASSWORD = "pass word/%'"
CLUSTER = "one"
_REPOSITORY = Path(__file__).parents[2]


@dataclass(slots=True)
class ClickHouse:
    """A server that runs, or that ran and can be started again on the same port and folder."""

    folder: Path
    port: int = 0
    popen: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/telemetry"

    def start(self) -> None:
        """Run it; returns once it answers."""
        command = [sys.executable, "-m", "tests.clickhouse_http", str(self.folder), str(self.port)]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY)
        assert self.popen.stdout is not None
        self.port = int(self.popen.stdout.readline())

    def kill(self) -> None:
        """End it as a lost machine ends."""
        if self.popen is not None:
            self.popen.kill()
            self.popen.communicate()
            self.popen = None

    def fail(self, *faults: str) -> None:
        """What goes wrong with the next inserts, one each; see `__main__`."""
        (self.folder / "fault").write_text("\n".join(faults), "utf-8")


@contextmanager
def clickhouse(folder: Path) -> Iterator[ClickHouse]:
    """Run a server until the block ends."""
    server = ClickHouse(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
