"""Who should be there, as registries say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_CALLED: Final[Mapping[str, str]] = {
    "consul": "Consul",
    "zookeeper": "ZooKeeper",
    "kubernetes": "Kubernetes",
    "dns": "DNS",
    "file": "The file",
}


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

    @property
    def called(self) -> str:
        """What it is called at the beginning of a sentence."""
        return _CALLED.get(self.kind, self.kind)
