"""ZooKeeper: nodes PATH/SERVICE/INSTANCE, as Curator's service discovery and most others lay them out."""

import json
import logging
from collections.abc import Iterator
from typing import Any

from kazoo.client import KazooClient  # type: ignore[import-untyped]  # it has no types
from kazoo.exceptions import KazooException, NoNodeError  # type: ignore[import-untyped]
from kazoo.handlers.threading import KazooTimeoutError  # type: ignore[import-untyped]

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import from_value
from spanwise_collector.registry.fetch import SECONDS, Unread
from spanwise_collector.settings.registry_address import RegistryAddress

# What it says of lost connections is in Unread.
logging.getLogger("kazoo").setLevel(logging.CRITICAL)


def read(address: RegistryAddress) -> Iterator[Registered]:
    """Every registered instance; raises Unread."""
    login = [("digest", f"{address.user}:{address.password}")] if address.user else None
    client = KazooClient(hosts=",".join(address.hosts), timeout=SECONDS, auth_data=login, read_only=True)
    path = f"/{address.path.strip('/')}"
    try:
        client.start(timeout=SECONDS)
        for service in sorted(client.get_children(path)):
            for instance in sorted(_children(client, f"{path.rstrip('/')}/{service}")):
                value = _value(client, f"{path.rstrip('/')}/{service}/{instance}")
                if value is not None:
                    yield from_value(service, instance, _plain(value))
    except NoNodeError as error:
        raise Unread(f"it has no node {path}") from error
    except (KazooException, KazooTimeoutError, OSError) as error:
        raise Unread(str(error) or type(error).__name__) from error
    finally:
        client.stop()
        client.close()


def _children(client: KazooClient, path: str) -> list[str]:
    try:
        return list(client.get_children(path))
    except NoNodeError:
        return []


def _value(client: KazooClient, path: str) -> bytes | None:
    """None where it has gone meanwhile, as the nodes of instances do."""
    try:
        return bytes(client.get(path)[0])
    except NoNodeError:
        return None


def _plain(value: bytes) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value.decode("utf-8", "replace")
