"""Which services there are, whom each calls, and what can go wrong at each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be made to go wrong, while the shop runs."""

    SLOW_QUERY = "slow_query"
    EXCEPTION = "exception"
    EARLY_RETURN = "early_return"
    CPU_BURN = "cpu_burn"
    NETWORK_DELAY = "network_delay"
    RETRY_STORM = "retry_storm"
    N_PLUS_ONE = "n_plus_one"
    POOL_EXHAUSTED = "pool_exhausted"
    STOP = "stop"
    KILL = "kill"


# The node carries these two out on the process; all others happen inside it.
ON_THE_PROCESS = frozenset({Kind.STOP, Kind.KILL})

_ANY = (Kind.EXCEPTION, Kind.EARLY_RETURN, Kind.CPU_BURN, Kind.NETWORK_DELAY, Kind.STOP, Kind.KILL)
_DATABASE = (Kind.SLOW_QUERY, Kind.POOL_EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `number` gives it its default ports, `replicable` says if it can run twice."""

    name: str
    number: int
    calls: tuple[str, ...]
    kinds: tuple[Kind, ...]
    listens: bool = True
    replicable: bool = True


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service("gateway", 0, ("catalog", "cart", "checkout"), (*_ANY, Kind.RETRY_STORM, Kind.N_PLUS_ONE)),
        Service("catalog", 1, ("inventory",), (*_ANY, *_DATABASE, Kind.RETRY_STORM, Kind.N_PLUS_ONE)),
        # Baskets live in the process's memory, so there is one cart.
        Service("cart", 2, ("catalog",), (*_ANY, Kind.RETRY_STORM, Kind.N_PLUS_ONE), replicable=False),
        Service(
            "checkout",
            3,
            ("cart", "inventory", "payments"),
            (*_ANY, *_DATABASE, Kind.RETRY_STORM, Kind.N_PLUS_ONE),
        ),
        Service("inventory", 4, (), (*_ANY, *_DATABASE, Kind.N_PLUS_ONE)),
        Service("payments", 5, ("fraud",), (*_ANY, Kind.RETRY_STORM)),
        Service("fraud", 6, (), _ANY),
        Service("notifications", 7, (), (*_ANY, *_DATABASE, Kind.N_PLUS_ONE), listens=False),
    )
}
