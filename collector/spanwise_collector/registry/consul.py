"""Consul's HTTP API: every service of the catalogue with its instances and their checks (/v1/health/service)."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlencode

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import registered
from spanwise_collector.registry.fetch import Web, secret
from spanwise_collector.settings.registry_address import RegistryAddress

_ITSELF: Final = "consul"


def read(address: RegistryAddress) -> Iterator[Registered]:
    """Every registered instance; raises Unread. A token is the address's user, or stands in `token_file`."""
    token = secret(address, "token_file") or address.user
    web = Web(address, {"X-Consul-Token": token} if token else {})
    dc = f"?{urlencode({'dc': address.option('dc')})}" if address.option("dc") else ""
    for service in sorted(web.get(f"/v1/catalog/services{dc}")):
        if service == _ITSELF:
            continue
        for found in web.get(f"/v1/health/service/{quote(service, safe='')}{dc}"):
            node, mine = found.get("Node") or {}, found.get("Service") or {}
            yield registered(
                mine.get("Service") or service,
                mine.get("ID") or node.get("Node") or "",
                mine.get("Address"),
                node.get("Node"),
                node.get("Address"),
                port=mine.get("Port"),
                healthy=all(check.get("Status") == "passing" for check in found.get("Checks") or ()),
            )
