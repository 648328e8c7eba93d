"""Browsers that have shown a key: they hold a cookie instead of it."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from spanwise_collector.access.keyring import Grant, Keyring
from spanwise_collector.errors import PermissionDenied
from spanwise_collector.notebook.keys import Scope, id_of

COOKIE: Final = "spanwise_session"
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Session:
    key_id: str
    ends: float


class Sessions:
    """Sessions, in memory: a restart ends them, and so does the revocation of their key.

    Of a cookie only the SHA-256 is kept. At most 10,000 at a time: the oldest is ended for a new one.
    """

    def __init__(self, keyring: Keyring, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keyring = keyring
        self._seconds = seconds
        self._clock = clock
        self._open: OrderedDict[bytes, _Session] = OrderedDict()

    def open(self, token: str) -> tuple[str, Grant]:
        """A cookie for a key, and what it opens. Raises UnknownKey, and PermissionDenied for a key that only sends."""
        grant = self._keyring.grant(token)
        if not grant.allows(Scope.READ):
            raise PermissionDenied("This key only sends. The web view needs one with the scope read.")
        cookie = secrets.token_urlsafe(32)
        self._open[_digest(cookie)] = _Session(id_of(token) or "", self._clock() + self._seconds)
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return cookie, grant

    def grant(self, cookie: str) -> Grant | None:
        """What a cookie opens; None when its session has ended."""
        session = self._open.get(_digest(cookie))
        if session is None or self._clock() >= session.ends:
            self.close(cookie)
            return None
        return self._keyring.grant_by_id(session.key_id)

    def close(self, cookie: str) -> None:
        """End a session; one that is not there is no error."""
        self._open.pop(_digest(cookie), None)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
