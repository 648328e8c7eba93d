"""`make demo`: a collector and the shop that sends to it, in one terminal, until Ctrl-C or until one of them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

READY_SECONDS = 60.0
GRACE_SECONDS = 20.0

Child = subprocess.Popen[bytes]


def main() -> int:
    """Run both; the words of the command line go to the shop. The answer is the status of what ended first."""
    signal.signal(signal.SIGTERM, _interrupt)
    address = f"http://{os.environ.get('SPANWISE_HTTP', '127.0.0.1:4318')}"
    children = [subprocess.Popen([str(Path(sys.executable).with_name("spanwise")), "up"])]
    try:
        if not _ready(children[0], address):
            return children[0].poll() or 1
        shop = [sys.executable, "-m", "examples.shop", *sys.argv[1:]]
        children.append(subprocess.Popen(shop, env=os.environ | {"SPANWISE_ENDPOINT": address}))
        print(f"\nThe shop is open. Its traces: {address}\n", flush=True)
        return _first_end(children)
    except KeyboardInterrupt:
        return 0
    finally:
        # An impatient second Ctrl-C shall not leave anything behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # The shop first, so that what it has still to send is taken.
        for child in reversed(children):
            _stop(child)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _ready(collector: Child, address: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while collector.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _first_end(children: list[Child]) -> int:
    while True:
        for child in children:
            if child.poll() is not None:
                return int(child.returncode)
        time.sleep(0.2)


def _stop(child: Child) -> None:
    """By its process number, and by force only when it does not heed the request."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    sys.exit(main())
