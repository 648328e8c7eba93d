"""A file that lists who should be there, as TOML or JSON."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import from_value, registered, service_of
from spanwise_collector.registry.fetch import MOST_BYTES, Unread
from spanwise_collector.settings.registry_address import RegistryAddress


def read(address: RegistryAddress) -> Iterator[Registered]:
    """The instances of `services`, a table of names to lists, and of `nodes`, a list of tables; raises Unread."""
    content = _content(Path(address.path))
    services, nodes = content.get("services", {}), content.get("nodes", [])
    if not isinstance(services, dict) or not isinstance(nodes, list) or not (services or nodes):
        raise Unread('it has neither `services` (shop = ["shop-1"]) nor `nodes` (a list with `service` and `id` each)')
    for service, instances in services.items():
        for each in instances if isinstance(instances, list) else [instances]:
            yield registered(service, str(each))
    for number, node in enumerate(nodes, 1):
        if not isinstance(node, dict) or not service_of(node):
            raise Unread(f"number {number} of `nodes` names no `service`")
        yield from_value(service_of(node), "", node)


def _content(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise Unread(f"it is longer than {MOST_BYTES >> 20} MiB")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text.decode())
    except OSError as error:
        raise Unread(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Unread(f"it is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
    if not isinstance(found, dict):
        raise Unread("it is no object with `services` or `nodes`")
    return found
