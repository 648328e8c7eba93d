"""Who should be there, as registries say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registered:
    """An instance of a service; `names` are all by which it may call itself (ids, hosts, addresses), lower case."""

    service: str
    name: str
    names: frozenset[str]
    healthy: bool | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """What one registry said when it was read last (`read`, ns since the epoch; 0: never), and what was wrong then.

    `name` is its address without secrets; its entries are for `project`.
    """

    name: str
    kind: str
    project: str
    entries: tuple[Registered, ...] = ()
    read: int = 0
    error: str = ""
