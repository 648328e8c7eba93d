"""etcd v3 over its JSON gateway: keys PREFIX/SERVICE/INSTANCE, whose values are JSON or an address."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import from_value
from spanwise_collector.registry.fetch import Unread, Web, secret
from spanwise_collector.settings.registry_address import RegistryAddress


def read(address: RegistryAddress) -> Iterator[Registered]:
    """Every registered instance; raises Unread."""
    prefix = f"/{address.path.strip('/')}/".replace("//", "/").encode()
    asked = {"key": _base64(prefix), "range_end": _base64(prefix[:-1] + bytes([prefix[-1] + 1]))}
    found = _signed_in(address).post("/v3/kv/range", asked)
    for each in found.get("kvs", ()):
        key = base64.b64decode(each["key"]).decode("utf-8", "replace").removeprefix(prefix.decode())
        service, slash, instance = key.partition("/")
        if slash and instance:
            yield from_value(service, instance, _value(base64.b64decode(each.get("value", ""))))


def _signed_in(address: RegistryAddress) -> Web:
    if not address.user:
        return Web(address)
    password = secret(address, "password_file") or address.password
    token = Web(address).post("/v3/auth/authenticate", {"name": address.user, "password": password}).get("token")
    if not token:
        raise Unread("it gave no token for the user")
    return Web(address, {"Authorization": token})


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()


def _value(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")
