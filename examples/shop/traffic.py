"""Customers: an open loop of requests to the gateway, the same ones for the same seed.

Arrivals do not wait for answers, as customers do not; the traffic itself is not traced.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from examples.shop.edge import HEALTH
from examples.shop.services.catalog import SKUS

GOOD_CARD = "4000 0000 0000 0001"
BAD_CARD = "4000 0000 0000 0002"
MOST_AT_ONCE = 200


@dataclass(slots=True)
class Tally:
    """What came back: counts of status codes, and of requests without any answer."""

    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        counts = [f"{count} answers {status}" for status, count in sorted(self.answers.items())]
        counts += [f"{self.unanswered} without an answer"] if self.unanswered else []
        counts += [f"{self.skipped} not sent, too many were waiting"] if self.skipped else []
        return ", ".join(counts) or "no requests"


class Customer:
    """Does one of the things that customers do. Each has chance of its own, so order does not matter."""

    def __init__(self, client: httpx.AsyncClient, tally: Tally, seed: str) -> None:
        self._client = client
        self._tally = tally
        self._chance = random.Random(seed)
        self._name = f"customer-{self._chance.randrange(1000):03}-{seed.rpartition('/')[2]}"

    async def visit(self) -> None:
        """Look at the list, at a product, or buy."""
        doings: list[Callable[[], Awaitable[None]]] = [self._browse, self._look, self._buy]
        await self._chance.choices(doings, weights=[3, 4, 3])[0]()

    async def _browse(self) -> None:
        await self._send("GET", "/api/products")

    async def _look(self) -> None:
        await self._send("GET", f"/api/products/{self._chance.choice(SKUS)}")

    async def _buy(self) -> None:
        for sku in self._chance.sample(SKUS, self._chance.randint(2, 4)):
            wanted = {"sku": sku, "quantity": self._chance.randint(1, 3)}
            await self._send("POST", f"/api/carts/{self._name}/items", wanted)
        card = BAD_CARD if self._chance.random() < 0.03 else GOOD_CARD
        await self._send("POST", "/api/orders", {"customer": self._name, "card": card})

    async def _send(self, method: str, path: str, body: object = None) -> None:
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.HTTPError:
            self._tally.unanswered += 1
        else:
            self._tally.answers[answer.status_code] += 1


async def run(gateway: str, rate: float, duration: float | None, seed: int) -> Tally:
    """Send `rate` customers a second for so many seconds, or until SIGTERM."""
    tally = Tally()
    chance = random.Random(seed)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    visits: set[asyncio.Task[None]] = set()
    async with httpx.AsyncClient(base_url=gateway, timeout=10.0, headers={"User-Agent": "browser/1.0"}) as client:
        await _until_open(client, ended)
        start = due = time.monotonic()
        parent = os.getppid()  # another one later means that ours was killed
        count = 0
        while not ended.is_set() and os.getppid() == parent and (duration is None or due < start + duration):
            count += 1
            if len(visits) >= MOST_AT_ONCE:
                tally.skipped += 1
            else:
                visit = asyncio.create_task(Customer(client, tally, f"{seed}/{count}").visit())
                visits.add(visit)
                visit.add_done_callback(visits.discard)
            due += chance.expovariate(rate)
            await _until(due, ended)
        if ended.is_set():
            for visit in visits:
                visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
    return tally


async def _until_open(client: httpx.AsyncClient, ended: asyncio.Event) -> None:
    """Wait before the door; asking for the health makes no trace."""
    while not ended.is_set():
        try:
            if (await client.get(HEALTH)).is_success:
                return
        except httpx.HTTPError:
            pass
        await _until(time.monotonic() + 0.5, ended)


async def _until(due: float, ended: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(max(0.0, due - time.monotonic())):
            await ended.wait()
    except TimeoutError:
        pass
