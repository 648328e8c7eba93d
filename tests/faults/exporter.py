"""An exporter as real ones are: it sends the same bytes again until they are accepted, and keeps its books."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from bench.bodies import Bodies, Body
from bench.client import Answer, Client, Unanswered
from bench.ids import Shape
from bench.ledger import Ledger
from bench.ports import HOST

PAUSE_SECONDS = 0.02
RETRY_SECONDS = 0.05

# Real exporters give up in the end. These bodies may be found or not, but never twice.
GIVES_UP = 0.1
ATTEMPTS_BEFORE_GIVING_UP = 3


class Exporter(threading.Thread):
    """Sends bodies one after the other until it is told to finish; the last one is seen through.

    `ledger` and `refused` may be read after `finish()`. `refused` holds answers that no good body may get, `statuses`
    counts all answers.
    """

    def __init__(  # noqa: PLR0913 - each is one choice, by name
        self,
        number: int,
        port: int,
        shape: Shape,
        seed: int,
        *,
        run: int = 0,
        timeout: float = 30.0,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        super().__init__(name=f"exporter-{number}", daemon=True)
        self.ledger = Ledger()
        self.refused: list[Answer] = []
        self.statuses: Counter[int] = Counter()
        self.resent = 0
        self.sequence = 0
        self.run_number = run
        self.shape = shape
        self._pause = pause
        self._bodies = Bodies(number, run, shape)
        self._client = Client(HOST, port, timeout)
        self._random = random.Random(f"{seed}/{number}")
        self._finishing = threading.Event()

    def run(self) -> None:
        """Send until told to finish."""
        while not self._finishing.is_set():
            self._export(self._bodies.body(self.sequence, time.time_ns()))
            self.sequence += 1
            self._finishing.wait(self._pause)
        self._client.close()

    def ask_to_finish(self) -> None:
        """Begin no other body."""
        self._finishing.set()

    def finish(self, timeout: float) -> None:
        """Wait until the last body is acknowledged; raises `TimeoutError` if it is not in time."""
        self._finishing.set()
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError(f"{self.name} cannot deliver its last body.")

    def _export(self, body: Body) -> None:
        attempts = ATTEMPTS_BEFORE_GIVING_UP if self._random.random() < GIVES_UP else None
        made = 0
        while attempts is None or made < attempts:
            made += 1
            self.resent += made > 1
            if self._settled(body):
                return
            time.sleep(RETRY_SECONDS)

    def _settled(self, body: Body) -> bool:
        """Send once; false when it has to be sent again."""
        try:
            answer = self._client.post("/v1/traces", body.gzip)
        except Unanswered:
            self.ledger.doubt(body.ids)
            return False
        self.statuses[answer.status] += 1
        if answer.accepted:
            self.ledger.acknowledge(body.ids)
        elif not answer.retryable:
            self.refused.append(answer)
        return not answer.retryable
