"""The one decision: what a request may do, by its path, its key or its cookie, and where it comes from."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import HTTPConnection

from spanwise_collector.access.browsers import Names, came_through_a_proxy, check_same_origin
from spanwise_collector.access.doors import READING, Door, canonical, door_of
from spanwise_collector.access.keyring import OPEN, Grant, Keyring
from spanwise_collector.access.sessions import COOKIE, Sessions
from spanwise_collector.errors import NotFound, PermissionDenied, Refused, Unauthenticated, UnknownKey, excerpt
from spanwise_collector.notebook.keys import Scope
from spanwise_collector.settings import Settings

_GRANT: Final = "spanwise.grant"
_WHERE: Final = "Send it as the header `Authorization: Bearer KEY`."


class Gate:
    """Decides for every request on every port; nothing else in the collector looks at keys."""

    def __init__(self, keyring: Keyring, sessions: Sessions, settings: Settings) -> None:
        self.keyring = keyring
        self.sessions = sessions
        self._names = Names(settings)
        self._loopback_only = settings.http.is_loopback
        self._origins = settings.page_origins

    def door(self, connection: HTTPConnection) -> Door:
        """The door that a request means: that of what its path may be taken for."""
        return door_of(canonical(connection.scope["path"]), _method(connection))

    def admit(self, connection: HTTPConnection) -> None:
        """Let a request in, with what it may do noted in its scope, or raise Refused.

        A path that could be taken for another is decided as that other, and then is not found.
        """
        door, method = self.door(connection), _method(connection)
        if not (door.ingest or door.probe):
            self._check_browser(connection, method)
        elif door.ingest and method != "OPTIONS" and _of_a_page(connection):
            self._check_page(connection, method)
        if door.scope is not None and not (door.ingest and method == "OPTIONS"):
            # A preflight carries no key, and does nothing.
            self._check_key(connection, door.scope, changes=method not in READING)
        if door_of(connection.scope["path"], method) is not door:
            raise NotFound(f"Nothing is served at {excerpt(connection.scope['path'])}.")

    def goes_on(self, connection: HTTPConnection) -> bool:
        """Whether a request that was let in may have what comes now: its key may be revoked since, its session over."""
        door = self.door(connection)
        try:
            if door.scope is not None:
                self._check_key(connection, door.scope, changes=False)
        except Refused:
            return False
        return True

    def project_of_call(self, metadata: Sequence[tuple[str, str | bytes]]) -> str:
        """The project of a gRPC call that sends telemetry. Raises Unauthenticated, UnknownKey and PermissionDenied."""
        if not self.keyring.required:
            return OPEN.project
        given = [value for name, value in metadata if name == "authorization"]
        token = _token([each.decode("latin-1") if isinstance(each, bytes) else each for each in given])
        if token is None:
            raise _no_key(Scope.INGEST)
        return _allowed(self.keyring.grant(token), Scope.INGEST).project

    def _check_page(self, connection: HTTPConnection, method: str) -> None:
        """Telemetry is taken under every name, but of pages only of our own and of listed ones: no browser asks before
        it sends plain text."""
        if connection.headers.get("origin") in self._origins or _bears_key(connection):
            return
        try:
            if not came_through_a_proxy(connection):
                self._check_name(connection)
            if method not in READING:
                check_same_origin(connection, unless_silent=False)
        except PermissionDenied as refusal:
            raise PermissionDenied(
                f"{refusal} Origins whose pages may send telemetry are named with --cors-origins or"
                " SPANWISE_CORS_ORIGINS."
            ) from None

    def _check_browser(self, connection: HTTPConnection, method: str) -> None:
        self._check_name(connection)
        if method not in READING and not _bears_key(connection):
            check_same_origin(connection, unless_silent=COOKIE not in connection.cookies)

    def _check_name(self, connection: HTTPConnection) -> None:
        if self._loopback_only or not self.keyring.required:
            self._names.check(connection)

    def _check_key(self, connection: HTTPConnection, scope: Scope, *, changes: bool) -> None:
        if not self.keyring.required:
            connection.scope[_GRANT] = OPEN
            return
        token = _token(connection.headers.getlist("authorization"))
        if token is not None:
            grant: Grant | None = self.keyring.grant(token)
        else:
            cookie = connection.cookies.get(COOKIE)
            grant = None if cookie is None else self.sessions.grant(cookie)
            if grant is not None and changes:
                check_same_origin(connection, unless_silent=False)
        if grant is None:
            raise _no_key(scope)
        connection.scope[_GRANT] = _allowed(grant, scope)


def grant_of(connection: HTTPConnection) -> Grant:
    """What a request may do that was let in. A request that no gate has seen raises KeyError."""
    grant: Grant = connection.scope[_GRANT]
    return grant


def project_of(connection: HTTPConnection) -> str:
    """The project of a request that was let in."""
    return grant_of(connection).project


def _of_a_page(connection: HTTPConnection) -> bool:
    """Whether a browser says from where it sends; programs do not."""
    return "origin" in connection.headers or "sec-fetch-site" in connection.headers


def _bears_key(connection: HTTPConnection) -> bool:
    """Whether there is a key in a header, which no browser adds by itself; names and passwords for proxies it does."""
    return any(each.strip().lower().startswith("bearer ") for each in connection.headers.getlist("authorization"))


def _method(connection: HTTPConnection) -> str:
    # A WebSocket can do anything once it is open, and browsers open it across origins.
    return str(connection.scope.get("method", "CONNECT"))


def _allowed(grant: Grant, scope: Scope) -> Grant:
    if not grant.allows(scope):
        raise PermissionDenied(f"The key does not allow this: it lacks the scope {scope}.")
    return grant


def _no_key(scope: Scope) -> Unauthenticated:
    return Unauthenticated(f"This needs a key with the scope {scope}. {_WHERE}")


def _token(headers: Sequence[str]) -> str | None:
    """The key in an Authorization header; None where there is none. Raises UnknownKey for anything else."""
    if not headers:
        return None
    scheme, _, token = headers[0].strip().partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        raise UnknownKey(f"The Authorization header holds no key. {_WHERE}")
    return token.strip()
