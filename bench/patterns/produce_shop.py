"""The shop of examples/, with its faults switched on in turn: what its services sent to a collector."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.collector.process import process


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Bodies of the services' log records, newest last."""
    with process(folder / "data") as collector:
        env = os.environ | {"SPANWISE_ENDPOINT": f"http://{collector.http}"}
        with subprocess.Popen(
            [sys.executable, "-m", "examples.shop", "--port", "0", "--rate", "12"], env=env, stdout=subprocess.DEVNULL
        ) as shop:
            try:
                time.sleep(110)
            finally:
                shop.terminate()
        collector.settle()
        found: list[str] = []
        cursor: str | None = None
        while len(found) < 20_000:
            page = httpx.get(
                f"http://{collector.http}/api/v1/logs", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}
            ).json()
            found += [str(each["body"]).splitlines()[0] for each in page["logs"] if each["body"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
    return found[::-1]
