"""Three systems of different shape, as they are simulated: what each operation does, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Work:
    """The processor is busy for so many milliseconds, give or take."""

    ms: float


@dataclass(frozen=True, slots=True)
class Query:
    """A statement of the service's database, over a connection of its pool."""

    statement: str
    ms: float


@dataclass(frozen=True, slots=True)
class Call:
    """A call of another service. Where it may fail, the caller does without."""

    service: str
    operation: str
    timeout_ms: float = 1000
    tries: int = 1
    may_fail: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """Calls at the same time; goes on when all have answered."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to a service, which takes it when it can."""

    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """Steps that a share of the requests take."""

    share: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """A log record; `{}` becomes a number."""

    text: str
    severity: int = 9


Step: TypeAlias = Work | Query | Call | Together | Publish | Maybe | Say


def flat(steps: tuple[Step, ...]) -> list[Step]:
    """The steps with those that are made together or now and then among them."""
    found: list[Step] = []
    for step in steps:
        if isinstance(step, Together):
            found += step.calls
        elif isinstance(step, Maybe):
            found += flat(step.steps)
        else:
            found.append(step)
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its operations, how many copies of it run, and what each copy has room for."""

    name: str
    operations: dict[str, tuple[Step, ...]]
    instances: int = 1
    workers: int = 8
    connections: int = 4
    consumes: bool = False

    def names(self) -> list[str]:
        """What its copies are called."""
        return [f"{self.name}-{number}" for number in range(1, self.instances + 1)]


@dataclass(frozen=True, slots=True)
class System:
    """Services, and how often a second each request comes in from outside."""

    name: str
    services: dict[str, Service]
    requests: dict[tuple[str, str], float]
    client_span: str = "{service}.{operation}"


def _system(name: str, client_span: str, requests: dict[tuple[str, str], float], *services: Service) -> System:
    return System(name, {each.name: each for each in services}, requests, client_span)


SHOP = _system(
    "shop",
    "GET",
    {("gateway", "GET /products"): 10, ("gateway", "GET /products/{id}"): 6, ("gateway", "POST /orders"): 4},
    Service(
        "gateway",
        {
            "GET /products": (Work(1.5), Call("catalog", "GET /items"), Work(1)),
            "GET /products/{id}": (Work(1), Call("catalog", "GET /items/{id}"), Work(1)),
            "POST /orders": (
                Work(2),
                Call("cart", "GET /cart"),
                Call("checkout", "POST /checkout", 2000),
                Say("order {} accepted"),
            ),
        },
        workers=16,
    ),
    Service(
        "catalog",
        {
            "GET /items": (
                Query("SELECT * FROM items LIMIT 50", 4),
                Call("inventory", "GET /stock"),
                Work(3),
                Say("listed {} items"),
            ),
            "GET /items/{id}": (Query("SELECT * FROM items WHERE id = ?", 2), Work(1), Say("item {} shown")),
        },
        instances=2,
    ),
    Service(
        "cart", {"GET /cart": (Work(1), Maybe(0.7, (Call("catalog", "GET /items/{id}"),)), Say("cart has {} items"))}
    ),
    Service(
        "checkout",
        {
            "POST /checkout": (
                Work(2),
                Call("cart", "GET /cart"),
                Call("inventory", "POST /reserve"),
                Call("payments", "POST /charge"),
                Query("INSERT INTO orders VALUES (?)", 5),
                Publish("notifications", "order placed"),
                Say("order {} placed"),
            )
        },
    ),
    Service(
        "inventory",
        {
            "GET /stock": (Query("SELECT * FROM stock", 3), Work(0.5)),
            "POST /reserve": (Query("UPDATE stock SET n = n - 1", 4), Say("reserved {} of item {}")),
        },
        instances=2,
    ),
    Service("payments", {"POST /charge": (Work(3), Call("fraud", "POST /check"), Work(4), Say("charged {} cents"))}),
    Service("fraud", {"POST /check": (Work(6), Say("risk of customer {} is {}"))}),
    Service(
        "notifications",
        {"order placed": (Work(2), Query("INSERT INTO mails VALUES (?)", 3), Say("mail {} sent"))},
        consumes=True,
    ),
)

_DEEP = ("edge", "routes", "session", "offers", "quotes", "rates", "rules", "ledger", "audit", "vault")


def _link(number: int) -> Service:
    name = _DEEP[number]
    steps: tuple[Step, ...] = (Work(1.5),)
    if number % 3 == 1:
        steps += (Query(f"SELECT * FROM {name}", 3),)
    if number + 1 < len(_DEEP):
        steps += (Call(_DEEP[number + 1], "handle", 1500 - 100 * number),)
    steps += (Work(1), Say(f"{name} handled {{}}"))
    operations = {"handle": steps}
    if number < 5:
        operations["peek"] = (
            (Work(1), Call(_DEEP[number + 1], "peek")) if number < 4 else (Work(1), Say("peeked at {}"))
        )
    return Service(name, operations, instances=2 if number in (2, 5, 8) else 1)


CHAIN = _system(
    "chain",
    "rpc {service}/{operation}",
    {("edge", "handle"): 8, ("edge", "peek"): 5},
    *(_link(number) for number in range(len(_DEEP))),
)

FAN = _system(
    "fan-out",
    "{service}.{operation}",
    {("api", "search"): 9, ("api", "order"): 5},
    Service(
        "api",
        {
            "search": (
                Work(1),
                Together(
                    (
                        Call("index", "find"),
                        Call("prices", "list"),
                        Call("reviews", "top", may_fail=True),
                        Call("ads", "pick", 200, may_fail=True),
                    )
                ),
                Work(2),
            ),
            "order": (Work(2), Call("prices", "list"), Publish("workers", "fulfil"), Say("order {} queued")),
        },
        instances=2,
    ),
    Service("index", {"find": (Work(6), Query("MATCH documents", 8), Say("{} hits in {} shards"))}, instances=2),
    Service("prices", {"list": (Query("SELECT price FROM prices", 3), Work(1), Say("{} prices"))}, instances=3),
    Service("reviews", {"top": (Query("SELECT * FROM reviews ORDER BY stars", 7),)}),
    Service("ads", {"pick": (Work(4), Maybe(0.3, (Say("no ad for {}"),)))}),
    Service(
        "workers",
        {
            "fulfil": (
                Work(3),
                Call("billing", "invoice", tries=2),
                Call("mailer", "send", may_fail=True),
                Query("UPDATE orders SET done", 4),
                Say("order {} fulfilled"),
            )
        },
        instances=3,
        workers=2,
        consumes=True,
    ),
    Service("billing", {"invoice": (Work(4), Query("INSERT INTO invoices", 6), Say("invoice {} written"))}),
    Service("mailer", {"send": (Work(8), Say("mail to customer {} sent"))}),
)

SYSTEMS = {system.name: system for system in (SHOP, CHAIN, FAN)}
