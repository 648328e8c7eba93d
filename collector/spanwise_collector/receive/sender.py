"""Who sends what is being worked on: the address of its connection, as far as whoever took it said so."""

from contextvars import ContextVar
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

sender: Final[ContextVar[str]] = ContextVar("sender", default="")
"""An IP address, of a proxy where one stands between; empty where it is not known."""


class Named:
    """An app whose requests say who sends them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        sender.set(_address(client[0]) if client else "")
        await self._app(scope, receive, send)


def _address(text: str) -> str:
    """What is an address; a proxy on this machine, or who says to be one, may name anything (X-Forwarded-For)."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def address_of_peer(peer: str) -> str:
    """The address in gRPC's name of a peer, as `ipv4:10.0.0.1:5000` and `ipv6:%5B::1%5D:5000`; else nothing."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else ""
