"""kill -9 at random moments: what was acknowledged is found, each once, over many restarts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from spanwise_collector.spool import Signal, Spool
from spanwise_collector.spool.frame import scan

KILLS = int(os.environ.get("SPANWISE_KILLS", "12"))
ROOT = Path(__file__).resolve().parents[3]


def test_killed_again_and_again_the_spool_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(9)
    acknowledged: set[int] = set()
    command = [sys.executable, "-m", "tests.collector.spool.appending", str(tmp_path)]
    for life in range(KILLS):
        process = subprocess.Popen([*command, str(life * 10**6)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        printed = [process.stdout.readline()]  # it runs
        time.sleep(chance.random() * 0.4)
        process.kill()
        printed += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        acknowledged.update(int(line) for line in printed if line.endswith("\n"))
    found = stored(tmp_path)
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged, {len(found)} found")
    assert len(found) == len(set(found))
    assert acknowledged <= set(found)


def stored(folder: Path) -> list[int]:
    """What the store and, after one more start, the spool hold."""
    spool = Spool(folder / "spool")
    spool.start()
    spool.close()
    contents = {path.name: path.read_bytes() for path in (folder / "store").iterdir() if path.suffix != ".part"}
    while not spool.closed.empty():
        segment = spool.closed.get()
        contents.setdefault(segment.name, segment.path.read_bytes())
    return [
        int(data[frame.body_start : frame.end].split(b" ")[0])
        for data in contents.values()
        for frame in scan(data, Signal.TRACES)
    ]
