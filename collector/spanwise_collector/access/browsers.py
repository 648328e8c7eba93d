"""What browsers are kept from: acting for a page of somebody else, and taking a foreign name for this machine."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from spanwise_collector.errors import PermissionDenied, excerpt
from spanwise_collector.settings import Settings

_OWN_SITES: Final = frozenset({"same-origin", "none"})


class Names:
    """The names under which browsers may reach the API and the web view: against DNS rebinding.

    An address is no name that could be bound anew, so any is fine where other machines can reach the collector.
    """

    def __init__(self, settings: Settings) -> None:
        listed = (name.strip().lower() for name in settings.allowed_hosts.split(","))
        self._allowed = {"localhost", *filter(None, listed)}
        self._loopback_only = settings.http.is_loopback

    def check(self, connection: HTTPConnection) -> None:
        """Raises PermissionDenied for the name of another host."""
        host = connection.headers.get("host", "")
        name = _name(host)
        if name in self._allowed:
            return
        try:
            if ipaddress.ip_address(name).is_loopback or not self._loopback_only:
                return
        except ValueError:
            pass
        raise PermissionDenied(
            f"The collector does not answer under the name '{excerpt(host, 100)}'. If it is yours, name it with"
            " --allowed-hosts or SPANWISE_ALLOWED_HOSTS; else use localhost."
        )


def check_same_origin(connection: HTTPConnection, *, unless_silent: bool) -> None:
    """Raises PermissionDenied for what a page of another origin has sent.

    What does not say where it comes from is refused too, unless `unless_silent`: every browser of today says so with
    what changes something.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is not None:
        own = site in _OWN_SITES
    elif origin is not None:
        own = _host_of(origin) == connection.headers.get("host", "").lower()
    else:
        own = unless_silent
    if not own:
        raise PermissionDenied("This was sent by a page of another site, and is not done.")


def came_through_a_proxy(connection: HTTPConnection) -> bool:
    """Whether a page of a proxy's own site was passed on to us under a name of the proxy's choice.

    A browser itself names the host of its page, which is what a name bound anew is known by.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    return (
        site == "same-origin" and origin is not None and _host_of(origin) != connection.headers.get("host", "").lower()
    )


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
