"""Systems grown from a seed: many services in layers, rare operations beside frequent ones, of no chosen shape."""

from __future__ import annotations

import random
from typing import Final

from bench.diagnosis.systems import Call, Maybe, Query, Say, Service, Step, System, Work, flat

_PARTS: Final = (
    "account", "address", "assurance", "basic", "cancel", "config", "consign", "contact", "delivery", "discount",
    "food", "gift", "inside", "invoice", "journey", "loyalty", "menu", "meter", "notice", "order", "parcel", "payment",
    "place", "plan", "price", "profile", "rebook", "refund", "region", "report", "route", "seat", "security", "station",
    "stock", "ticket", "train", "travel", "user", "verify", "voucher", "wallet",
)  # fmt: skip
_VERBS: Final = ("get", "list", "create", "update", "check", "find")


def grow(seed: int, size: int = 30) -> System:
    """A system of `size` services, at most five calls deep; the same for the same seed."""
    chance = random.Random(f"grown/{seed}")
    names = chance.sample(_PARTS, size - 1)
    layers = [names[at::4] for at in range(4)]
    operations: dict[str, dict[str, tuple[Step, ...]]] = {}
    for depth in range(3, -1, -1):
        below = [(service, each) for layer in layers[depth + 1 :] for service in layer for each in operations[service]]
        for name in layers[depth]:
            operations[name] = {
                f"{verb} {name}": _steps(chance, name, verb, below)
                for verb in chance.sample(_VERBS, chance.choice((1, 2, 2, 3)))
            }
    entries = [(service, each) for layer in layers[:2] for service in layer for each in operations[service]]
    chosen = chance.sample(entries, min(len(entries), 12))
    edge: dict[str, tuple[Step, ...]] = {
        f"/{service}/{number}": (Work(1), Call(service, operation, 5000), Work(0.5))
        for number, (service, operation) in enumerate(chosen)
    }
    services = [Service("edge", edge, workers=32)]
    services += [Service(name, operations[name], workers=16) for name in names]
    rates = {("edge", operation): chance.choice((0.3, 0.5, 1, 1, 2, 3)) for operation in edge}
    reached = _reached(services, "edge")
    return System(
        f"grown-{seed}", {each.name: each for each in services if each.name in reached}, rates, client_span="HTTP GET"
    )


def _steps(chance: random.Random, name: str, verb: str, below: list[tuple[str, str]]) -> tuple[Step, ...]:
    steps: list[Step] = [Work(chance.uniform(0.5, 4))]
    if chance.random() < 0.5:
        steps.append(Say(f"{verb} {name} of {{}}"))
    if not below or chance.random() < 0.5:
        steps.append(Query(f"SELECT * FROM {name} WHERE id = ?", chance.uniform(1, 6)))
    calls = chance.choice((0, 1, 1, 2, 3)) if below else 0
    for service, operation in chance.sample(below, min(calls, len(below))):
        call = Call(service, operation, 3000)
        steps.append(Maybe(0.4, (call,)) if chance.random() < 0.2 else call)
    steps.append(Work(chance.uniform(0.2, 2)))
    if chance.random() < 0.4:
        steps.append(Say(f"{name} answered with {{}} entries"))
    return tuple(steps)


def _reached(services: list[Service], first: str) -> set[str]:
    by_name = {each.name: each for each in services}
    found, waiting = {first}, [first]
    while waiting:
        for steps in by_name[waiting.pop()].operations.values():
            for each in flat(steps):
                if isinstance(each, Call) and each.service not in found:
                    found.add(each.service)
                    waiting.append(each.service)
    return found
