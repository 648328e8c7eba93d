"""Whom to believe, and whom to tell: callers whose trace is continued, and hosts that are sent trace headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import cache, lru_cache
from ipaddress import ip_address, ip_network

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link

from spanwise.settings import SettingsError, split_list

CONTINUE, LINK, IGNORE = "continue", "link", "ignore"


@cache
def _public_endings() -> frozenset[str]:
    """The top-level domains of the open internet, but for two-letter ones (those are always countries) and `prod`.

    Names with other ends are of one's own network, such as `orders`, `orders.prod` and `orders.prod.svc.cluster.local`.
    Nothing is reached below the top-level domain `prod`, and many a Kubernetes namespace is called so.
    """
    from importlib.resources import files

    listed = files("spanwise").joinpath("public_endings.txt").read_text(encoding="ascii")
    return frozenset(listed.split())


class Trust:
    """What becomes of a caller's trace: it is continued, linked to, or ignored.

    `setting` is one of these words, or networks (CIDR) whose callers are continued while all others are linked.
    """

    def __init__(self, setting: str | Sequence[str]) -> None:
        words = split_list(setting) if isinstance(setting, str) else tuple(setting)
        self._word = words[0] if len(words) == 1 and words[0] in (CONTINUE, LINK, IGNORE) else None
        try:
            self._networks = [] if self._word else [ip_network(word, strict=False) for word in words]
        except ValueError as error:
            raise SettingsError(f"trust: {error}; say continue, link, ignore or networks") from None

    @property
    def believes_everyone(self) -> bool:
        """Whether every caller's trace is continued."""
        return self._word == CONTINUE

    def admit(self, extracted: Context, peer: str | None) -> tuple[Context, list[Link]]:
        """The context to start the server span in, and its links; nothing of a stranger's wishes survives."""
        if self._word == CONTINUE or (self._word is None and self._knows(peer)):
            return extracted, []
        caller = trace.get_current_span(extracted).get_span_context()
        links = [Link(caller)] if caller.is_valid and self._word != IGNORE else []
        return Context(), links

    def _knows(self, peer: str | None) -> bool:
        try:
            address = ip_address(peer or "")
        except ValueError:
            return False
        return any(address in network for network in self._networks if network.version == address.version)


class Recipients:
    """Which hosts are sent trace headers: glob patterns, and `internal` for one's own network."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._all = "*" in patterns
        self._internal = "internal" in patterns
        globs = [pattern.lower() for pattern in patterns if pattern not in ("*", "internal")]
        self._globs = re.compile("|".join(map(translate, globs))) if globs else None

    def include(self, host: str) -> bool:
        """Whether this host is told."""
        if self._all:
            return True
        host = host.lower().rstrip(".")
        if self._globs is not None and self._globs.match(host):
            return True
        return self._internal and is_internal(host)


@lru_cache(maxsize=1024)
def is_internal(host: str) -> bool:
    """Whether a host is on one's own network, as far as its name or address tells without asking anyone."""
    try:
        address = ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return "." not in host or not ((len(last) == 2 and last.isalpha()) or last in _public_endings())
    return address.is_private or address.is_loopback or address.is_link_local
