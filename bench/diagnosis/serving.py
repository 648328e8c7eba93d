"""Requests served in a simulated system: what each takes, waits for and says, as spans and log records."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from bench.diagnosis.clockwork import Event, Process, Room, World
from bench.diagnosis.injected import MS, Fault
from bench.diagnosis.recorded import CLIENT, CONSUMER, PRODUCER, SERVER, Record, Span
from bench.diagnosis.systems import Call, Maybe, Publish, Query, Say, Service, Step, System, Together, Work

INFO, WARN, ERROR = 9, 13, 17
_ONE_WAY: Final = 300_000
_PATIENCE: Final = 1000 * MS
# Both are drawn once for each instance: no two clocks, and no two machines, are quite the same.
_SKEW: Final = 2 * MS
_SPEED: Final = 0.15
_RARELY: Final = 0.01


class Node:
    """One instance: its workers, its connections, its clock."""

    def __init__(self, service: Service, name: str, chance: random.Random) -> None:
        self.service = service
        self.name = name
        self.workers = Room(service.workers)
        self.connections = Room(service.connections)
        self.clock = round(chance.uniform(-_SKEW, _SKEW))
        self.speed = chance.uniform(1 - _SPEED, 1 + _SPEED)


class Recording:
    """One run of a system over `length` nanoseconds; the same for the same seed and number.

    A `rough` one is of a minute like others only in the main: requests are more and fewer than usual, machines quicker
    and slower, and one step in a hundred takes many times as long.
    """

    def __init__(
        self, system: System, seed: int, length: int, fault: Fault | None = None, number: int = -1, rough: bool = False
    ) -> None:
        self.system = system
        self.length = length
        self._rough = rough
        self.spans: list[Span] = []
        self.records: list[Record] = []
        # The machines are those of the seed whatever the fault; what happens on them is not.
        machines = random.Random(f"{seed}/{system.name}")
        self._chance = random.Random(f"{seed}/{system.name}/{fault}/{number}")
        self._world = World()
        self._fault = fault
        self._nodes = {
            service.name: [Node(service, name, machines) for name in service.names()]
            for service in system.services.values()
        }
        self._turn = dict.fromkeys(system.services, 0)
        self._rates = dict(system.requests)
        if rough:
            self._roughen()

    def _roughen(self) -> None:
        self._rates = {each: rate * self._chance.lognormvariate(0, 0.4) for each, rate in self._rates.items()}
        for nodes in self._nodes.values():
            for node in nodes:
                node.speed *= self._chance.lognormvariate(0, 0.2)

    def run(self) -> Recording:
        """Let requests come in until the end, and what has begun by then end."""
        for (service, operation), rate in self._rates.items():
            self._world.start(self._customers(service, operation, rate))
        if self._fault is not None:
            for node in self._nodes[self._fault.service]:
                if held := self._fault.held(node.name):
                    self._world.start(self._hold(node, held))
        self._world.run(self.length + 10_000 * MS)
        self.spans = [span for span in self.spans if span.end]
        return self

    def servers(self) -> list[Span]:
        """The spans as of processes that record what they serve and what they ask of databases, and not their calls."""
        calls = {
            (span.trace, span.span): span.parent
            for span in self.spans
            if span.kind in (CLIENT, PRODUCER) and not span.statement
        }
        return [
            replace(span, parent=calls.get((span.trace, span.parent), span.parent))
            for span in self.spans
            if (span.trace, span.span) not in calls
        ]

    def _customers(self, service: str, operation: str, rate: float) -> Process:
        while True:
            yield round(self._chance.expovariate(rate) * 1000 * MS)
            if self._world.now >= self.length:
                return
            trace = self._chance.getrandbits(128) | 1
            self._world.start(self._serve(self._node(service), operation, trace, 0, Event(), [], SERVER))

    def _hold(self, node: Node, held: float) -> Process:
        while self._world.now < self.length:
            for _ in range(node.service.connections):
                yield from self._world.enter(node.connections)
            yield round(held * 500 * MS)
            for _ in range(node.service.connections):
                self._world.leave(node.connections)
            yield round((1 - held) * 500 * MS)

    def _node(self, service: str) -> Node:
        self._turn[service] += 1
        nodes = self._nodes[service]
        return nodes[self._turn[service] % len(nodes)]

    def _serve(  # noqa: PLR0913, PLR0917 - what makes one request
        self, node: Node, operation: str, trace: int, parent: int, answered: Event, failure: list[str], kind: int
    ) -> Process:
        fault, world = self._fault, self._world
        if fault and fault.stopped(node.name, world.now / self.length):
            return
        yield from world.enter(node.workers)
        span = self._begin(node, operation, trace, parent, kind)
        reason = ""
        if fault and self._chance.random() < fault.share("exception", node.name):
            reason = "ValueError: cannot use this"
            yield self._lasts(0.5)
            self._say(node, span, ERROR, f"{operation} failed: {reason}")
        elif fault and self._chance.random() < fault.share("early return", node.name):
            yield self._lasts(0.3)
        else:
            reason = yield from self._steps(node, span, node.service.operations[operation])
            if reason:
                self._say(node, span, ERROR, f"{operation} gave up: {reason}")
        world.leave(node.workers)
        if fault and fault.stopped(node.name, world.now / self.length):
            return
        self._end(node, span, reason)
        if reason:
            failure.append(reason)
        world.happen(answered)

    def _steps(self, node: Node, span: Span, steps: tuple[Step, ...]) -> Process:
        for step in steps:
            reason = yield from self._step(node, span, step)
            if reason:
                return reason
        return ""

    def _step(self, node: Node, span: Span, step: Step) -> Process:
        match step:
            case Work(ms):
                yield self._lasts(ms * node.speed * (self._fault.work(node.name, self._chance) if self._fault else 1))
            case Query():
                return (yield from self._query(node, span, step))
            case Call():
                return (yield from self._call(node, span, step))
            case Together(calls):
                return (yield from self._together(node, span, calls))
            case Publish(service, operation):
                yield from self._publish(node, span, service, operation)
            case Maybe(share, more):
                if self._chance.random() < share:
                    return (yield from self._steps(node, span, more))
            case Say(text, severity):
                numbers = [self._chance.randrange(10_000) for _ in range(text.count("{}"))]
                self._say(node, span, severity, text.format(*numbers))
        return ""

    def _query(self, node: Node, span: Span, step: Query) -> Process:
        if not (yield from self._world.enter(node.connections, _PATIENCE)):
            return "PoolTimeout: no connection within 1000 ms"
        made = self._begin(node, step.statement.split()[0], span.trace, span.span, CLIENT)
        made.statement = step.statement
        yield self._lasts(step.ms * (self._fault.query(node.name) if self._fault else 1))
        self._end(node, made, "")
        self._world.leave(node.connections)
        return ""

    def _call(self, node: Node, span: Span, step: Call) -> Process:
        repeats = self._fault.repeats(node.name) if self._fault else 0
        reason = ""
        for number in range(repeats + step.tries):
            patience = 2 * MS if number < repeats else round(step.timeout_ms * MS)
            reason = yield from self._try(node, span, step, patience)
            if not reason:
                return ""
            self._say(node, span, WARN, f"call of {step.service} failed: {reason}")
        return "" if step.may_fail else reason

    def _try(self, node: Node, span: Span, step: Call, patience: int) -> Process:
        name = self.system.client_span.format(service=step.service, operation=step.operation)
        made = self._begin(node, name, span.trace, span.span, CLIENT)
        answered, failure = Event(), list[str]()
        self._world.start(self._travel(node, step, made, answered, failure))
        if not (yield answered, patience):
            reason = f"Timeout: no answer within {patience // MS} ms"
        else:
            reason = f"status 500 from {step.service}" if failure else ""
        self._end(node, made, reason)
        return reason

    def _travel(self, node: Node, step: Call, made: Span, answered: Event, failure: list[str]) -> Process:
        target = self._node(step.service)
        added = self._fault.delay(node.service.name, node.name, target.name, self._chance) if self._fault else 0
        yield self._lasts(_ONE_WAY / MS) + added
        done = Event()
        self._world.start(self._serve(target, step.operation, made.trace, made.span, done, failure, SERVER))
        yield done, 1 << 61
        yield self._lasts(_ONE_WAY / MS) + added
        self._world.happen(answered)

    def _together(self, node: Node, span: Span, calls: tuple[Call, ...]) -> Process:
        reasons: list[str] = []

        def one(call: Call, done: Event) -> Process:
            reasons.append((yield from self._call(node, span, call)))
            self._world.happen(done)

        ends = [Event() for _ in calls]
        for call, done in zip(calls, ends, strict=True):
            self._world.start(one(call, done))
        for done in ends:
            yield done, 1 << 61
        return next((reason for reason in reasons if reason), "")

    def _publish(self, node: Node, span: Span, service: str, operation: str) -> Process:
        made = self._begin(node, f"{service} publish", span.trace, span.span, PRODUCER)
        yield self._lasts(0.5)
        self._end(node, made, "")
        serving = self._serve(self._node(service), operation, made.trace, made.span, Event(), [], CONSUMER)
        self._world.start(serving, self._lasts(2))

    def _lasts(self, ms: float) -> int:
        """Milliseconds, spread as durations are: never less than nothing, sometimes twice as long."""
        if not self._rough:
            return round(ms * MS * self._chance.lognormvariate(-0.04, 0.28))
        rare = self._chance.uniform(5, 15) if self._chance.random() < _RARELY else 1.0
        return round(ms * MS * self._chance.lognormvariate(-0.15, 0.55) * rare)

    def _begin(self, node: Node, name: str, trace: int, parent: int, kind: int) -> Span:
        span = Span(
            trace, self._chance.getrandbits(64) | 1, parent, node.service.name, node.name, name, kind,
            self._world.now + node.clock,
        )  # fmt: skip
        self.spans.append(span)
        return span

    def _end(self, node: Node, span: Span, reason: str) -> None:
        span.end = self._world.now + node.clock
        span.error = reason

    def _say(self, node: Node, span: Span, severity: int, text: str) -> None:
        self.records.append(
            Record(self._world.now + node.clock, node.service.name, node.name, span.trace, span.span, severity, text)
        )
