"""Clients in processes of their own that send for a while, as fast as they are answered."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from bench.bodies import Bodies
from bench.client import Answer, Client, Unanswered
from bench.ids import Shape
from bench.logs import LogBodies
from bench.ports import HOST

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

_context = multiprocessing.get_context("spawn")
_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0
_UNANSWERED = "no answer"


@dataclass(frozen=True, slots=True)
class Plan:
    """Who sends what where, and for how long.

    `rate` is of all clients together, in items a second; 0 is as fast as they are answered. `bodies` ends a client
    early. One client has `connections` requests under way at most. With `resend` off a body that is refused is sent at
    the next one's time in its place: the sender is one who does not listen.
    """

    port: int
    seconds: float
    clients: int = 8
    run: int = 0
    shape: Shape = field(default_factory=Shape)
    signal: str = "traces"
    rate: float = 0.0
    bodies: int = 0
    resend: bool = True
    connections: int = 1


@dataclass(slots=True)
class Tally:
    """What one client, or all of them, saw: bodies acknowledged, and all else by what it was.

    `taken` and `unknown` name bodies by client and sequence: those acknowledged, and those that nobody answered.
    `finished` is when the last answer came, on the machine's monotonic clock.
    """

    bodies: int = 0
    seconds_to_answer: list[float] = field(default_factory=list)
    bytes_sent: int = 0
    cpu_seconds: float = 0.0
    finished: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    taken: list[tuple[int, int]] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Requests, whatever came of them."""
        return self.bodies + self.errors.total()

    def add(self, other: Tally) -> None:
        """Take another client's counts in."""
        self.bodies += other.bodies
        self.seconds_to_answer += other.seconds_to_answer
        self.bytes_sent += other.bytes_sent
        self.cpu_seconds += other.cpu_seconds
        self.finished = max(self.finished, other.finished)
        self.errors += other.errors
        self.taken += other.taken
        self.unknown += other.unknown


class Load:
    """The clients of one plan. `start()` returns when all send; `result()` waits for their tallies."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._sent = _context.Array("Q", plan.clients, lock=False)
        self._barrier = _context.Barrier(plan.clients + 1)
        pipes = [_context.Pipe(duplex=False) for _ in range(plan.clients)]
        self._results = [receiver for receiver, _ in pipes]
        self._senders = [sender for _, sender in pipes]
        self._processes: list[SpawnProcess] = [
            _context.Process(target=_run, args=(plan, number, self._sent, self._barrier, sender), daemon=True)
            for number, sender in enumerate(self._senders)
        ]

    def start(self) -> None:
        """Start all clients, wait until each has its bodies, and let them go together."""
        for process, sender in zip(self._processes, self._senders, strict=True):
            process.start()
            sender.close()
        self._barrier.wait(timeout=_PATIENCE_SECONDS)

    def acknowledged(self) -> int:
        """How many spans were acknowledged so far."""
        return int(sum(self._sent)) * self._plan.shape.spans

    def sending(self) -> bool:
        """Whether some client has not finished. One that has waits, alive, until its tally is taken."""
        return any(process.is_alive() and not end.poll() for process, end in self._clients())

    def result(self) -> Tally:
        """The tallies of all clients in one."""
        total = Tally()
        for process, end in self._clients():
            try:
                total.add(end.recv())
            except EOFError:
                total.errors["client process died"] += 1
            process.join()
        return total

    def end(self) -> None:
        """End the clients where they are; there is no tally."""
        for process, _ in self._clients():
            process.terminate()
            process.join()

    def _clients(self) -> list[tuple[SpawnProcess, Connection]]:
        return list(zip(self._processes, self._results, strict=True))


def _run(plan: Plan, number: int, sent: list[int], barrier: Barrier, results: Connection) -> None:
    """One client's process."""
    sender = _Sender(plan, number, sent)
    barrier.wait(timeout=_PATIENCE_SECONDS)
    results.send(sender.run())


class _Sender:
    """One client: its bodies in their order, over its connections, each at its time."""

    def __init__(self, plan: Plan, number: int, sent: list[int]) -> None:
        self._plan = plan
        self._number = number
        self._sent = sent
        self._bodies = Bodies(number, plan.run, plan.shape) if plan.signal == "traces" else LogBodies(number, plan.run)
        self._step = plan.shape.spans * plan.clients / plan.rate if plan.rate else 0.0
        self._tally = Tally()
        self._lock = threading.Lock()
        self._sequence = 0
        self._began = 0.0

    def run(self) -> Tally:
        cpu = time.process_time()
        self._began = time.monotonic()
        others = [threading.Thread(target=self._connection) for _ in range(self._plan.connections - 1)]
        for each in others:
            each.start()
        self._connection()
        for each in others:
            each.join()
        self._tally.cpu_seconds = time.process_time() - cpu
        self._tally.finished = time.monotonic()
        return self._tally

    def _connection(self) -> None:
        refused: tuple[int, bytes] | None = None
        with Client(HOST, self._plan.port) as client:
            while (turn := self._next()) is not None:
                # One that is behind its rate goes on as fast as it is answered.
                time.sleep(max(0.0, self._began + turn * self._step - time.monotonic()))
                sequence, body = refused or self._made(turn)
                refused, own = None, Tally()
                if _deliver(client, f"/v1/{self._plan.signal}", body, own, self._plan.resend):
                    own.bodies = 1
                    own.taken.append((self._number, sequence))
                elif own.errors[_UNANSWERED]:
                    own.unknown.append((self._number, sequence))
                elif not self._plan.resend:
                    # It stands for the next one: made anew, it would take the processor from what is to be overrun.
                    refused = sequence, body
                with self._lock:
                    self._tally.add(own)
                    self._sent[self._number] = self._tally.bodies

    def _made(self, sequence: int) -> tuple[int, bytes]:
        with self._lock:
            return sequence, self._bodies.body(sequence, time.time_ns()).gzip

    def _next(self) -> int | None:
        """The number of the next body, None where there is none."""
        with self._lock:
            over = time.monotonic() >= self._began + self._plan.seconds
            if over or (self._plan.bodies and self._sequence >= self._plan.bodies):
                return None
            self._sequence += 1
            return self._sequence - 1


def _deliver(client: Client, path: str, body: bytes, tally: Tally, resend: bool) -> bool:
    """Send until it is accepted or refused for good; patience ends after a minute, or at once."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        began = time.perf_counter()
        answer = _send(client, path, body, tally)
        if answer is None and not resend:
            return False
        if answer is None:
            time.sleep(_PAUSE_SECONDS)
            continue
        if answer.accepted:
            tally.seconds_to_answer.append(time.perf_counter() - began)
            return True
        tally.errors[f"answered {answer.status}"] += 1
        if not (answer.retryable and resend):
            return False
        time.sleep(max(answer.retry_after, _PAUSE_SECONDS))
    tally.errors["given up"] += 1
    return False


def _send(client: Client, path: str, body: bytes, tally: Tally) -> Answer | None:
    tally.bytes_sent += len(body)
    try:
        return client.post(path, body)
    except Unanswered:
        tally.errors[_UNANSWERED] += 1
        return None
