"""The proxy that the environment names for an address: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from spanwise.guard import logger


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `headers` introduce us to it where its address holds a name and a password."""

    host: str
    port: int
    headers: dict[str, str]


def proxy_for(url: str) -> Proxy | None:
    """The proxy to use for an address, or None to go straight. Names in lower case win, as in curl and urllib."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    # Only here: it takes longer to import than all the rest of the sender.
    from urllib import request

    # Not `proxy_bypass`, which asks macOS and Windows instead of the environment; it has no stub.
    bypassed = request.proxy_bypass_environment  # type: ignore[attr-defined]

    parts = urlsplit(url)
    proxies = request.getproxies_environment()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or bypassed(parts.netloc.rpartition("@")[2], proxies):
        return None
    return _parse(found)


def _parse(address: str) -> Proxy | None:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if parts.scheme != "http" or not host:
        logger.warning("spanwise: the proxy of the environment is no http:// address; exports go straight")
        return None
    headers = {}
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(secret).decode()
    return Proxy(host, port, headers)
