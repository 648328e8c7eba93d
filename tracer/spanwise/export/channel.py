"""One signal on its way out: its queue, the batch being sent, and when to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanwise.export.buffer import Buffer
from spanwise.export.counters import Counters
from spanwise.export.outgoing import BeforeSend, Outgoing
from spanwise.export.post import Carrier
from spanwise.export.sender import Verdict
from spanwise.guard import swallowed
from spanwise.scrub import scrub

T = TypeVar("T")
Out = TypeVar("Out", bound=Outgoing)

FIRST_BACKOFF = 1.0
MAX_BACKOFF = 10.0
# A batch that could not be delivered for this long is given up, so that newer ones get their turn.
MAX_BATCH_AGE = 120.0


class Channel(Generic[T, Out]):
    """Takes batches from the buffer and posts them one at a time; used by the exporter's thread only."""

    def __init__(
        self,
        buffer: Buffer[T],
        prepare: Callable[[T], Out],
        encode: Callable[[Sequence[Out]], bytes],
        sender: Carrier,
        before_send: BeforeSend | None = None,
    ) -> None:
        self.buffer = buffer
        self.sender = sender
        self._prepare = prepare
        self._encode = encode
        self._before_send = before_send
        self._body: bytes | None = None
        self._count = 0
        self._first_try = 0.0
        self._attempts = 0
        self.next_try = 0.0
        self.trouble = ""

    @property
    def counters(self) -> Counters:
        """What became of this signal's items."""
        return self.buffer.counters

    @property
    def pending(self) -> int:
        """Items that are queued or in the batch being sent."""
        return len(self.buffer) + self._count

    def step(self, limit: int, deadline: float, *, last: bool = False) -> bool:
        """Post one batch; True when there may be more to do at once. `last` gives up instead of waiting."""
        if self._body is None and not self._load(limit):
            return False
        assert self._body is not None, "_load filled it"
        if not last and time.monotonic() < self.next_try:
            return False
        verdict = self.sender.post(self._body, deadline)
        if verdict.ok:
            self._finish(None)
            self.counters.exported += self._rejected(verdict)
            self.trouble = ""
            return True
        self.trouble = verdict.reason
        if not verdict.retryable:
            self._finish("refused")
            return True
        if last or time.monotonic() - self._first_try > MAX_BATCH_AGE:
            self._finish("exit" if last else "unreachable")
            return not last
        self._back_off(verdict)
        return False

    def give_up(self, reason: str) -> None:
        """Drop and count everything that is still here."""
        if self._count:
            self._finish(reason)
        self.counters.dropped[reason] += len(self.buffer.take(len(self.buffer)))

    def _load(self, limit: int) -> bool:
        while batch := self.buffer.take(limit):
            items = [item for item in map(self._released, batch) if item is not None]
            # One that cannot be encoded does not take the others of its batch with it.
            if items and not self._fill(items) and (rest := [item for item in items if self._encodable(item)]):
                self._fill(rest)
            if self._body is not None:
                self._attempts = 0
                self._first_try = time.monotonic()
                return True
        return False

    def _fill(self, items: Sequence[Out]) -> bool:
        try:
            self._body, self._count = self._encode(items), len(items)
        except Exception:
            swallowed("encoding")
        return self._body is not None

    def _encodable(self, item: Out) -> bool:
        try:
            self._encode([item])
        except Exception:
            self.counters.dropped["encoding"] += 1
            return False
        return True

    def _released(self, taken: T) -> Out | None:
        """What may leave of an item, or None when it is withheld: also where a hook fails, to be safe."""
        try:
            item = self._prepare(taken)
            scrub(item)
            if self._before_send is None or self._before_send(item) is not None:
                return item
            self.counters.dropped["before_send"] += 1
        except Exception:
            swallowed("before_send")
            self.counters.dropped["before_send_failed"] += 1
        return None

    def _finish(self, dropped: str | None) -> None:
        if dropped is not None:
            self.counters.dropped[dropped] += self._count
        else:
            self.counters.exported += self._count
        self._body, self._count, self.next_try = None, 0, 0.0

    def _rejected(self, verdict: Verdict) -> int:
        """Minus the number of items that the collector took the request without."""
        rejected = _partial_success(verdict.answer)
        self.counters.dropped["rejected"] += rejected
        return -rejected

    def _back_off(self, verdict: Verdict) -> None:
        """Doubling with jitter; a server that names a time is asked again a little later than that."""
        self._attempts += 1
        self.counters.retried += self._count
        ceiling = min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** min(self._attempts, 10))
        wait = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret
        if verdict.retry_after is not None:
            wait = verdict.retry_after + random.uniform(0, FIRST_BACKOFF)  # noqa: S311
        self.next_try = time.monotonic() + wait


def _partial_success(answer: bytes) -> int:
    """Rejected items of an OTLP answer; spans and logs carry the count in the same field."""
    if not answer:
        return 0
    try:
        return ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
    except Exception:
        return 0
