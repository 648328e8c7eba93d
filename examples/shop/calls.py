"""How services call each other: over httpx, waiting or not, and over requests.

A call is given a few seconds. A service that is too impatient gives up reading after a tenth of a millisecond
and sends the same call again at once, while the neighbour is still at work on the first.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import requests

from examples.shop.stage import Stage

CONNECT_SECONDS = 2.0
READ_SECONDS = 3.0
HASTY_SECONDS = 0.0001

log = logging.getLogger("shop.calls")

# Everything that can go wrong with a call, whichever client made it.
CallFailed = (httpx.HTTPError, requests.RequestException)


class Neighbour:
    """A neighbour as `stage` reaches it: replicas in turn, and how long to wait for an answer."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.name = name
        self.headers = {"User-Agent": f"{stage.service}/1.0"}
        self._faults = stage.faults
        self._addresses = itertools.cycle(stage.addresses(name))

    def url(self, path: str) -> str:
        """The path at the replica whose turn it is."""
        return next(self._addresses) + path

    def patience(self) -> Iterator[float]:
        """Seconds to wait for the answer, one figure for each attempt."""
        yield from itertools.repeat(HASTY_SECONDS, self._faults.repeats())
        yield READ_SECONDS

    def late(self, attempt: int) -> None:
        """Say that there was no answer in time. One that came nevertheless came too late, and counts as none."""
        log.warning(
            "no answer from %s in time, sending again",
            self.name,
            extra={"peer": self.name, "attempt": attempt},
        )


class AsyncNeighbour(Neighbour):
    """Called with `await`, over httpx."""

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage, name)
        self._client = httpx.AsyncClient(headers=self.headers)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the answer; raise one of `CallFailed` for 5xx and when there is none."""
        for attempt, seconds in enumerate(self.patience(), start=1):
            timeout = httpx.Timeout(CONNECT_SECONDS, read=seconds)
            try:
                response = await self._client.request(method, self.url(path), timeout=timeout, **options)
            except httpx.ReadTimeout:
                if seconds == READ_SECONDS:
                    raise
            else:
                if seconds == READ_SECONDS:
                    return response.raise_for_status() if response.is_server_error else response
            self.late(attempt)
        raise AssertionError("the last attempt returns or raises")


class BlockingNeighbour(Neighbour):
    """Called from a thread, over httpx."""

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage, name)
        self._client = httpx.Client(headers=self.headers)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the answer; raise one of `CallFailed` for 5xx and when there is none."""
        for attempt, seconds in enumerate(self.patience(), start=1):
            timeout = httpx.Timeout(CONNECT_SECONDS, read=seconds)
            try:
                response = self._client.request(method, self.url(path), timeout=timeout, **options)
            except httpx.ReadTimeout:
                if seconds == READ_SECONDS:
                    raise
            else:
                if seconds == READ_SECONDS:
                    return response.raise_for_status() if response.is_server_error else response
            self.late(attempt)
        raise AssertionError("the last attempt returns or raises")


class RequestsNeighbour(Neighbour):
    """Called from a thread, over requests."""

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage, name)
        self._session = requests.Session()
        self._session.headers.update(self.headers)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and return the answer; raise one of `CallFailed` for 5xx and when there is none."""
        for attempt, seconds in enumerate(self.patience(), start=1):
            try:
                response = self._session.request(method, self.url(path), timeout=(CONNECT_SECONDS, seconds), **options)
            except requests.ReadTimeout:
                if seconds == READ_SECONDS:
                    raise
            else:
                if seconds == READ_SECONDS:
                    return _checked(response)
            self.late(attempt)
        raise AssertionError("the last attempt returns or raises")


def _checked(response: requests.Response) -> requests.Response:
    if response.status_code >= 500:
        response.raise_for_status()
    return response
