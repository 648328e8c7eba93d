"""Where all protocols meet: check, count, spool."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Protocol, TypeVar

from spanwise_collector.errors import Refused, Unavailable, Undecodable
from spanwise_collector.model.health import Counts
from spanwise_collector.receive.body import Budget
from spanwise_collector.receive.check import Checked, Request, check
from spanwise_collector.receive.history import History
from spanwise_collector.receive.portions import portions
from spanwise_collector.receive.sender import sender
from spanwise_collector.spool import Receipt, Signal
from spanwise_collector.spool.frame import Frame

_LOG = logging.getLogger(__name__)
# Below this the hop to a thread costs more than it frees; above it inflating and hashing let the loop go on.
HEAVY_BYTES = 32 * 2**10
_THREADS = 4
# Addresses of one project, and of all together, that are told apart within an hour. As many copies of them are kept
# as history.py takes in that time: some 30 MB of the most.
_MOST_SENDERS = 200
_MOST_SENDERS_OF_ALL = 1000

Payload = bytes | Request
Made = Payload | Checked
T = TypeVar("T")


# What is counted in a signal's place where a request does not tell it.
UNKNOWN = "unknown"


class Log(Protocol):
    """What the intake needs of a spool."""

    def prepare(self, signal: Signal, project: str, body: bytes, weight: int) -> Frame: ...

    async def commit(self, frame: Frame) -> Receipt: ...

    def refusal(self, signal: Signal) -> Refused | None: ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a request that was taken, as a whole or less its rejected items.

    `message` tells the sender what was rejected and why, or what it should know; empty when all is well.
    """

    accepted: int
    rejected: int = 0
    message: str = ""
    repeated: bool = False


class Counters:
    """What came in since the start, for the API to read.

    `accepted`, `rejected` and `repeated` count items (spans, log records); `refused` counts requests. Keys
    are (signal, protocol) and, for `refused`, (signal, protocol, reason). `senders` counts items,
    repeated ones too, by project and address, from when each came first in the last hour.
    """

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.too_large: Counter[str] = Counter()
        self.repeated: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[tuple[str, str, str]] = Counter()
        self.senders: Counter[tuple[str, str]] = Counter()
        self._addresses: Counter[str] = Counter()

    def came(self, project: str, address: str, items: int) -> None:
        """Count items of a project by the address that they came from, if that is known."""
        if not address or not items:
            return
        if (project, address) not in self.senders:
            if self._addresses[project] >= _MOST_SENDERS or self._addresses.total() >= _MOST_SENDERS_OF_ALL:
                address = ""
            else:
                self._addresses[project] += 1
        self.senders[project, address] += items

    def forget(self, senders: Iterable[tuple[str, str]]) -> None:
        """Make room for others in the place of these, of whom nothing came for long."""
        for project, address in senders:
            del self.senders[project, address]
            self._addresses[project] -= bool(address)

    def counts(self) -> Counts:
        """A copy, as of now."""
        refused, senders = dict(self.refused), dict(self.senders)
        return Counts(dict(self.accepted), dict(self.rejected), dict(self.repeated), refused, senders)

    def refuse_unknown(self, reason: str) -> None:
        """Count what was no request yet, or one for a path that is nothing."""
        self.refused[UNKNOWN, "http", reason] += 1

    def accepted_of(self, signal: Signal) -> int:
        return sum(count for (which, _), count in self.accepted.items() if which == signal)

    def refused_by_reason(self) -> dict[str, int]:
        """Requests by reason, and the items that were taken out of good ones: spans with an `invalid_id`, log records
        outside the limits of their protocol, items with an `item_too_large`."""
        found: Counter[str] = Counter()
        for (_, _, reason), count in self.refused.items():
            found[reason] += count
        for (signal, _), count in self.rejected.items():
            found["invalid_id" if signal == Signal.TRACES else "invalid_record"] += count
        for signal, count in self.too_large.items():
            found["invalid_id" if signal == Signal.TRACES else "invalid_record"] -= count
            found["item_too_large"] += count
        return dict(+found)


class Intake:
    """Checks what any protocol hands over, counts it, and returns once the spool has made it durable."""

    def __init__(self, spool: Log, max_inflight_bytes: int = 256 * 2**20) -> None:
        self._spool = spool
        self._threads = _started_threads()
        self.budget = Budget(max_inflight_bytes)
        self.counters = Counters()
        self.history = History(self.counters.counts, self.counters.forget)

    def admit(self, signal: Signal) -> None:
        """Raises Refused where no request of this signal can be taken now; ask before its body is read."""
        refusal = self._spool.refusal(signal)
        if refusal is not None:
            raise refusal

    async def accept(
        self,
        signal: Signal,
        project: str,
        payload: Payload | Callable[[], Made],
        *,
        protocol: str = "internal",
        heavy: bool | None = None,
    ) -> Accepted:
        """Take one request: a message, its bytes, or what makes one of the two from a body, checked or not.

        Returns when it survives a loss of power; raises Refused with nothing of it kept, which is counted by
        the `counting` around it. `heavy` says whether to work in a thread, where the payload's size does not
        tell.
        """
        if heavy is None:
            heavy = not isinstance(payload, bytes) or len(payload) > HEAVY_BYTES
        work = partial(self._ready, signal, project, payload)
        if heavy:
            checked, frames = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        else:
            checked, frames = work()
        # One after the other: of a body in portions that is refused amid them, a resend stores those that are missing.
        receipts = [await self._spool.commit(frame) for frame in frames]
        repeated = bool(receipts) and all(receipt.repeated for receipt in receipts)
        key = (signal, protocol)
        self.counters.came(project, sender.get(), checked.items)
        self.counters.accepted[key] += 0 if repeated else checked.items
        if repeated:
            self.counters.repeated[key] += checked.items
        if checked.rejected:
            self.counters.rejected[key] += checked.rejected
        if checked.too_large:
            self.counters.too_large[signal] += checked.too_large
        return Accepted(checked.items, checked.rejected, checked.message, repeated)

    async def work(self, task: Callable[[], T]) -> T:
        """What `task` returns, done in the threads in which requests are decoded."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    @contextmanager
    def counting(self, signal: str, protocol: str) -> Iterator[None]:
        """Counts whatever ends its block other than well. Every protocol does all its work for a request in one.

        A fault of our own becomes Unavailable, never a 500: that would make the sender throw its data away. One of a
        decoder is no such, and was made Undecodable by `accept`.
        """
        try:
            yield
        except Refused as refusal:
            self.counters.refused[signal, protocol, refusal.reason] += 1
            raise
        except Exception as error:
            self.counters.refused[signal, protocol, "internal_error"] += 1
            _LOG.exception("A request for %s over %s met a fault of our own", signal, protocol)
            raise Unavailable("The collector met a fault of its own; see its log.") from error

    def close(self) -> None:
        self._threads.shutdown()

    def _ready(
        self, signal: Signal, project: str, payload: Payload | Callable[[], Made]
    ) -> tuple[Checked, list[Frame]]:
        with decoding(signal):
            made = payload() if callable(payload) else payload
            checked = made if isinstance(made, Checked) else check(signal, made)
            parts = list(portions(signal, checked.body, checked.weight)) if checked.items else []
        return checked, [self._spool.prepare(signal, project, part.body, part.weight) for part in parts]


def _started_threads() -> ThreadPoolExecutor:
    """Threads that run already: one that has no memory to begin with keeps who starts it waiting for ever."""
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake")
    all_run = Barrier(_THREADS + 1)
    for _ in range(_THREADS):
        threads.submit(all_run.wait)
    all_run.wait()
    return threads


@contextmanager
def decoding(signal: Signal) -> Iterator[None]:
    """Makes a fault of a decoder Undecodable: the same message would meet it again, however often it is sent."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        _LOG.exception("A message of %s cannot be decoded for a fault of our own, and is refused", signal)
        raise Undecodable("The collector met a fault of its own while it read this; see its log.") from error
