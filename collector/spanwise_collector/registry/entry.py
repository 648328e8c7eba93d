"""An entry of a registry, whatever it is called there."""

from collections.abc import Iterable
from typing import Any, Final

from spanwise_collector.model.registered import Registered

_SERVICE: Final = ("service", "service_name", "serviceName", "Service", "name")
_ID: Final = ("id", "instance", "instance_id", "instanceId", "ID")
_ADDRESS: Final = ("address", "host", "ip", "hostname", "Address", "Addr")
_PORT: Final = ("port", "Port")


def registered(
    service: str, name: str, *others: object, port: object = None, healthy: bool | None = None
) -> Registered:
    """An instance by its name and by all others that it may be known by, addresses also with the port."""
    names = [str(each) for each in (name, *others) if each]
    with_port = [f"{each}:{port}" for each in names] if port else []
    return Registered(service, name, frozenset(each.lower() for each in (*names, *with_port)), healthy)


def from_value(service: str, key: str, value: Any) -> Registered:
    """An instance from what stands under its key: an object with the usual names of fields, or its address."""
    if not isinstance(value, dict):
        text = str(value) if value is not None else ""
        return registered(service, key, text, *_hosts([text]))
    name = _first(value, _ID) or key
    address = _first(value, _ADDRESS)
    return registered(service, name, key, address, *_hosts([address]), port=_first(value, _PORT))


def service_of(value: dict[str, Any]) -> str:
    """The service that an object names, or ""."""
    return _first(value, _SERVICE)


def _first(value: dict[str, Any], names: Iterable[str]) -> str:
    return next(
        (str(value[name]) for name in names if isinstance(value.get(name), str | int) and value[name] != ""), ""
    )


def _hosts(addresses: Iterable[str]) -> list[str]:
    """Addresses without scheme, path and port."""
    found = []
    for address in addresses:
        host = address.rpartition("://")[2].partition("/")[0]
        found += [host, host.rpartition(":")[0] if host.count(":") == 1 else host]
    return found
