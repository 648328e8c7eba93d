"""DNS: SRV records, or addresses, of a name that stands for all instances of a service."""

from collections.abc import Iterator
from typing import Final

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, Answer, NoAnswer, Resolver

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import registered
from spanwise_collector.registry.fetch import SECONDS, Unread
from spanwise_collector.settings.registry_address import RegistryAddress

_ADDRESSES: Final = ("A", "AAAA")


def read(address: RegistryAddress) -> Iterator[Registered]:
    """An instance for each record; raises Unread. SRV where the name begins with `_`, unless `type` says otherwise."""
    name = address.path.strip("/")
    wanted = address.option("type", "SRV" if name.startswith("_") else "A").upper()
    service = address.option("service")
    try:
        resolver = _resolver(address)
        if wanted == "SRV":
            for record in resolver.resolve(name, "SRV"):
                target = str(record.target).rstrip(".")
                yield registered(service, target, target.partition(".")[0], *_found(resolver, target), port=record.port)
        else:
            for each in _found(resolver, name, either=False):
                yield registered(service, each)
    except NXDOMAIN as error:
        raise Unread(f"there is no name {name}") from error
    except (DNSException, OSError, ValueError) as error:
        raise Unread(str(error) or type(error).__name__) from error


def _resolver(address: RegistryAddress) -> Resolver:
    if not address.hosts:
        made = Resolver()
    else:
        made = Resolver(configure=False)
        host, _, port = address.hosts[0].rpartition(":")
        made.nameservers, made.port = [host.strip("[]")], int(port)
    made.lifetime = SECONDS
    return made


def _found(resolver: Resolver, name: str, *, either: bool = True) -> list[str]:
    """The addresses of a name; with `either` none is no trouble."""
    found: list[str] = []
    for kind in _ADDRESSES:
        try:
            answer: Answer = resolver.resolve(name, kind)
        except NoAnswer:
            continue
        except NXDOMAIN:
            if not either:
                raise
            break
        found += sorted(str(record) for record in answer)
    return found
