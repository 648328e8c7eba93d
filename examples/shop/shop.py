"""The whole shop on one machine: every service in its own process, all of them children of this one."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from examples.shop.control import Control
from examples.shop.node import Node, NodeError, listen
from examples.shop.topology import SERVICES, Service

CONTROL_OFFSET = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where the shop runs. Port 0 takes free ports; without `data` a folder is made and removed again.

    Spans go to `collector`, or to where the environment says.
    """

    port: int = 8100
    host: str = "127.0.0.1"
    data: Path | None = None
    seed: int = 1
    collector: str | None = None


class Shop:
    """Starts all services on entering and stops them on leaving, each by its process id."""

    def __init__(self, place: Place, replicas: Mapping[str, int] | None = None) -> None:
        self._place = place
        self._services = named(replicas or {})
        self._made: Path | None = None
        self.data = Path()
        self.addresses: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.controls: dict[str, Control] = {}

    def __enter__(self) -> Shop:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def gateway(self) -> str:
        """The node that customers go to."""
        return next(name for name in self.nodes if self._services[name].name == "gateway")

    def _start(self) -> None:
        if self._place.data is None:
            self._made = Path(tempfile.mkdtemp(prefix="shop-"))
        self.data = (self._place.data or self._made or Path()).absolute()
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        # All sockets first: each service is told the addresses of the others when it starts.
        sockets = {name: self._listen(name) for name in self._services}
        environment = self._environment()
        for name, service in self._services.items():
            node = Node(name, service, environment, self.data / "logs" / f"{name}.log")
            self.nodes[name] = node
            node.start(sockets[name])
        for number, (name, node) in enumerate(self.nodes.items()):
            node.wait()
            port = self._place.port and self._place.port + CONTROL_OFFSET + number
            self.controls[name] = Control(node, self._place.host, port)
            self.controls[name].start()

    def _stop(self) -> None:
        for control in self.controls.values():
            control.shutdown()
            control.server_close()
        for node in self.nodes.values():
            node.ask_to_stop()
        for node in self.nodes.values():
            node.stop()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def _listen(self, name: str) -> socket.socket | None:
        service = self._services[name]
        if not service.listens:
            return None
        number = list(self._services).index(name)
        port = self._place.port and self._place.port + number
        try:
            listening = listen(self._place.host, port)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise NodeError(f"port {port} for {name}: {reason}; --port 0 takes free ones") from None
        self.addresses[name] = "http://{}:{}".format(*listening.getsockname()[:2])
        return listening

    def _environment(self) -> dict[str, str]:
        urls: defaultdict[str, list[str]] = defaultdict(list)
        for name, address in self.addresses.items():
            urls[self._services[name].name].append(address)
        environment = {f"SHOP_{name.upper()}_URL": ",".join(each) for name, each in urls.items()}
        if self._place.collector:
            environment["SPANWISE_ENDPOINT"] = self._place.collector
        return environment | {"SHOP_DATA": str(self.data), "SHOP_SEED": str(self._place.seed)}


def named(replicas: Mapping[str, int]) -> dict[str, Service]:
    """The nodes' names: the service's own, or `catalog-1`, `catalog-2` where it runs more than once."""
    names: dict[str, Service] = {}
    for service in SERVICES.values():
        count = replicas.get(service.name, 1)
        if count == 1:
            names[service.name] = service
        else:
            names |= {f"{service.name}-{number}": service for number in range(1, count + 1)}
    return names
