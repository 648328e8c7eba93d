"""The faults that are switched on in this process, and how they are told to it.

The parent writes one JSON line for each change to our standard input and waits for the line's number on our
standard output, so whoever switches a fault knows that the next request meets it. Nothing here is ever called
through: a service asks, then goes wrong in its own code, so no trace or log line shows that it was told to.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TypeVar

from examples.shop.topology import Kind

BURN_SECONDS = 0.4
DELAY_SECONDS = 0.6
MOST_REPEATS = 9

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its level, 0 to 1, and, for a delay, the one caller it is meant for."""

    kind: Kind
    level: float = 1.0
    caller: str | None = None


class Faults:
    """What is switched on. Chance is drawn from the seed, one row of numbers for each kind."""

    def __init__(self, service: str, seed: int) -> None:
        self._active: dict[Kind, Fault] = {}
        self._chance = {kind: random.Random(f"{seed}/{service}/{kind}") for kind in Kind}

    def replace(self, faults: list[Fault]) -> None:
        """Take exactly these faults as switched on from now."""
        self._active = {fault.kind: fault for fault in faults}

    def level(self, kind: Kind) -> float:
        """The level of a fault, 0 when it is off."""
        fault = self._active.get(kind)
        return fault.level if fault else 0.0

    def strikes(self, kind: Kind) -> bool:
        """Whether this request is one of the share that the level names."""
        level = self.level(kind)
        return level > 0 and self._chance[kind].random() < level

    def delay_from(self, caller: str) -> float:
        """Seconds that the network takes each way for a request of this caller."""
        fault = self._active.get(Kind.NETWORK_DELAY)
        if fault is None or fault.caller not in (None, caller):
            return 0.0
        return fault.level * DELAY_SECONDS / 2

    def repeats(self) -> int:
        """How many times a call is given up too soon and sent again."""
        return round(self.level(Kind.RETRY_STORM) * MOST_REPEATS)

    def singles(self, things: list[T]) -> list[T]:
        """Those of the things that are needlessly asked for one by one."""
        return things[: round(self.level(Kind.N_PLUS_ONE) * len(things))]

    def batches(self, things: list[T]) -> list[list[T]]:
        """How to ask for the things: normally all of them together."""
        singles = self.singles(things)
        together = things[len(singles) :]
        return [[thing] for thing in singles] + ([together] if together else [])

    def burn_cpu(self) -> None:
        """Use up processor time, measured as such, so that waiting does not count."""
        end = time.thread_time() + self.level(Kind.CPU_BURN) * BURN_SECONDS
        digest = b""
        while time.thread_time() < end:
            for _ in range(200):
                digest = hashlib.sha256(digest).digest()

    def listen(self) -> None:
        """Follow the parent's lines in a thread, and stop when the parent has gone."""
        threading.Thread(target=self._follow, daemon=True, name="control").start()

    def _follow(self) -> None:
        for number, line in enumerate(sys.stdin):
            self.replace([Fault(Kind(item["kind"]), item["level"], item["caller"]) for item in json.loads(line)])
            print(number, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
