"""Whom a text names: services as they are called in messages, hosts and addresses."""

import re
from collections.abc import Iterable
from typing import Final

_AFFIX: Final = re.compile(
    r"(?:^(?:svc|service|ms|app)[-_.]|[-_. ]?(?:svc|service|srv|server|api|app|ms)$)", re.IGNORECASE
)
_SHORTEST: Final = 3
_SHORTEST_STEM: Final = 5


class Names:
    """Finds the services of a system in texts."""

    def __init__(self, services: Iterable[str]) -> None:
        self._by_name: dict[str, str] = {}
        for service in sorted(services, reverse=True):
            stem = _AFFIX.sub("", service)
            if len(stem) >= _SHORTEST_STEM:
                self._by_name.setdefault(stem.lower(), service)
        for service in services:
            if len(service) >= _SHORTEST:
                self._by_name[service.lower()] = service
        longest_first = sorted(self._by_name, key=lambda name: (-len(name), name))
        names = "|".join(re.escape(name) for name in longest_first)
        self._pattern = re.compile(rf"(?<![a-z0-9_])(?:{names})(?![a-z0-9])") if names else None

    def named(self, text: str, besides: str) -> str | None:
        """The first service in a text that is not `besides`, who says it."""
        if self._pattern is None:
            return None
        # CamelCase is told apart before it is lower-cased: PaymentService, callPayments.
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
        for found in self._pattern.finditer(spaced):
            if self._by_name[found[0]] != besides:
                return self._by_name[found[0]]
        return None
