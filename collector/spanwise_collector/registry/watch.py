"""The registries of the settings, read again and again while the collector runs."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from spanwise_collector.errors import excerpt
from spanwise_collector.model.registered import Register, Registered
from spanwise_collector.registry.fetch import Unread
from spanwise_collector.settings.registry_address import RegistryAddress

MOST_ENTRIES: Final = 100_000
# The module that reads each kind. It is imported when there is one to read: what those of DNS and ZooKeeper need takes
# 8 MB of memory.
_READERS: Final[Mapping[str, str]] = {
    "consul": "consul",
    "dns": "names",
    "etcd": "etcd",
    "file": "written",
    "kubernetes": "kubernetes",
    "zookeeper": "zookeeper",
}
_log = logging.getLogger(__name__)


class Registries:
    """What each registry said last. One that cannot be read keeps what it said before, and says what is wrong."""

    def __init__(self, addresses: tuple[RegistryAddress, ...]) -> None:
        self._addresses = addresses
        self._stopped = threading.Event()
        self._said = [Register(str(each), each.kind, each.project) for each in addresses]

    def of(self, project: str) -> list[Register]:
        """Those whose entries are for a project."""
        return [each for each in self._said if each.project == project]

    def start(self, seconds: float) -> None:
        """Read each of them now and every so many seconds, in a thread of its own that holds up no stop."""
        for number in range(len(self._addresses)):
            threading.Thread(target=self._keep, args=(number, seconds), name=f"registry {number}", daemon=True).start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()

    def _keep(self, number: int, seconds: float) -> None:
        while not self._stopped.is_set():
            self.read(number)
            self._stopped.wait(seconds)

    def read(self, number: int) -> None:
        """Read one of them now."""
        address, before = self._addresses[number], self._said[number]
        try:
            entries = _entries(address)
        except Unread as error:
            said = excerpt(str(error), 300)
            if said != before.error:
                _log.warning("The registry %s cannot be read: %s.", before.name, said)
            self._said[number] = replace(before, error=said)
            return
        except Exception as error:
            # What a registry answers is not ours: whatever is wrong with it must not end the reading.
            _log.exception("The registry %s gave an answer that could not be understood.", before.name)
            self._said[number] = replace(before, error=f"its answer could not be understood ({type(error).__name__})")
            return
        self._said[number] = replace(before, entries=entries, read=time.time_ns(), error="")


def _entries(address: RegistryAddress) -> tuple[Registered, ...]:
    found: list[Registered] = []
    read: Callable[[RegistryAddress], Iterator[Registered]] = import_module(
        f"spanwise_collector.registry.{_READERS[address.kind]}"
    ).read
    for each in read(address):
        found.append(each)
        if len(found) > MOST_ENTRIES:
            raise Unread(f"it has more than {MOST_ENTRIES:,} instances")
    return tuple(sorted(set(found), key=lambda each: (each.service, each.name, sorted(each.names))))
