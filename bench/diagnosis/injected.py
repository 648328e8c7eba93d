"""Faults as they are switched on in a simulated system: what goes wrong, where, and how badly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bench.diagnosis.recorded import CLIENT, Span
from bench.diagnosis.systems import Call, Query, System, Work, flat

Kind: TypeAlias = Literal[
    "cpu burn", "network delay", "exception", "early return",
    "slow dependency", "stopped", "pool exhausted", "retry storm",
    "network of a node", "packet loss", "throttled",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = (
    "cpu burn", "network delay", "exception", "early return",
    "slow dependency", "stopped", "pool exhausted", "retry storm",
)  # fmt: skip
# What else happens to nodes: what goes in and out is late, or lost now and then; the processor is taken away at times.
ROUGH_KINDS: Final[tuple[Kind, ...]] = (*KINDS, "network of a node", "packet loss", "throttled")
MS: Final = 1_000_000
_SENT_AGAIN: Final = 200 * MS


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one instance; `caller` is the other end of a slow edge. Light or heavy, see the methods."""

    kind: Kind
    service: str
    instance: str
    heavy: bool
    caller: str = ""

    def work(self, instance: str, chance: random.Random) -> float:
        """How many times as long the processor takes."""
        if self._hits("throttled", instance):
            return (25.0 if self.heavy else 15.0) if chance.random() < (0.33 if self.heavy else 0.2) else 1.0
        return (10.0 if self.heavy else 3.0) if self._hits("cpu burn", instance) else 1.0

    def query(self, instance: str) -> float:
        """How many times as long a statement takes."""
        return (20.0 if self.heavy else 4.0) if self._hits("slow dependency", instance) else 1.0

    def delay(self, caller: str, calling: str, instance: str, chance: random.Random) -> int:
        """What the network adds to each way of a call from an instance of `caller`, in ns."""
        if self.instance in (instance, calling):
            if self.kind == "network of a node":
                return (100 if self.heavy else 20) * MS
            if self.kind == "packet loss":
                return _SENT_AGAIN if chance.random() < (0.2 if self.heavy else 0.06) else 0
        if not self._hits("network delay", instance) or caller != self.caller:
            return 0
        return (120 if self.heavy else 15) * MS

    def share(self, kind: Kind, instance: str) -> float:
        """Of the requests that fail, or come back early."""
        return (0.9 if self.heavy else 0.25) if self._hits(kind, instance) else 0.0

    def stopped(self, instance: str, passed: float) -> bool:
        """Whether the process hangs; `passed` is how much of the window is over. Light: in its second half."""
        return self._hits("stopped", instance) and (self.heavy or passed > 0.5)

    def held(self, instance: str) -> float:
        """How much of the time somebody else has all connections."""
        return (0.9 if self.heavy else 0.4) if self._hits("pool exhausted", instance) else 0.0

    def repeats(self, instance: str) -> int:
        """How often a call is given up too soon and sent again."""
        return (6 if self.heavy else 2) if self._hits("retry storm", instance) else 0

    def can_show(self, normal: Sequence[Span]) -> bool:
        """Whether spans of a time without a fault have what it hits: of a rare operation there may be none."""
        own = [each for each in normal if each.service == self.service]
        if self.kind in ("slow dependency", "pool exhausted"):
            return any(each.statement for each in own)
        if self.kind == "retry storm":
            return any(each.kind == CLIENT and not each.statement for each in own)
        if self.kind == "early return":
            return any(each.kind == CLIENT for each in own)
        if self.kind == "network delay":
            services = {(each.trace, each.span): each.service for each in normal}
            return any(services.get((each.trace, each.parent)) == self.caller for each in own)
        return bool(own)

    def _hits(self, kind: Kind, instance: str) -> bool:
        return self.kind == kind and self.instance == instance


def every_fault(system: System, kinds: Sequence[Kind] = KINDS) -> list[Fault]:
    """Each kind at each service that it can hit, light and heavy."""
    return [
        Fault(kind, service.name, service.names()[-1], heavy, caller)
        for kind in kinds
        for service in system.services.values()
        for caller in _callers(kind, service.name, system)
        for heavy in (False, True)
    ]


def _callers(kind: Kind, name: str, system: System) -> list[str]:
    """The callers of a slow edge; [""] for another kind that this service can have."""
    service = system.services[name]
    steps = [step for operation in service.operations.values() for step in flat(operation)]
    if kind == "network delay":
        calling = {
            each.name
            for each in system.services.values()
            for operation in each.operations.values()
            for step in flat(operation)
            if isinstance(step, Call) and step.service == name
        }
        return sorted(calling)[:1]
    if kind == "cpu burn":
        return [""] if any(isinstance(step, Work) for step in steps) else []
    if kind in ("slow dependency", "pool exhausted"):
        return [""] if any(isinstance(step, Query) for step in steps) else []
    if kind == "retry storm":
        return [""] if any(isinstance(step, Call) for step in steps) else []
    if kind == "early return":
        return [""] if any(isinstance(step, Call | Query) for step in steps) else []
    return [""]
