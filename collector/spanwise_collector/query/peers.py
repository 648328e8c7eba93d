"""What a span says it called, from its attributes: a database, a queue or another host."""

from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, or_

from spanwise_collector.store.tables import lookup

_DATABASE: Final = ("db.system.name", "db.system")
_PLACE: Final = ("db.namespace", "db.name", "server.address", "net.peer.name")
_MESSAGING: Final = ("messaging.system",)
_DESTINATION: Final = ("messaging.destination.name", "messaging.destination")
_EXTERNAL: Final = ("peer.service", "server.address", "net.peer.name")
_PORT: Final = ("server.port", "net.peer.port")


def peer_attributes(attributes: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a span's attributes those that `peer` reads: few different ones, by which spans are counted before it is."""
    found: ColumnElement[Any] = func.spanwise_peer_attributes(attributes)
    return found


def peer(attributes: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Of which kind and by which name; both "" where `peer_attributes` do not say."""

    def first(keys: tuple[str, ...]) -> ColumnElement[Any]:
        *others, last = (lookup(attributes, key) for key in keys)
        found: ColumnElement[Any] = last
        for each in reversed(others):
            found = func.if_(each != "", each, found)
        return found

    database, messaging, external, port = map(first, (_DATABASE, _MESSAGING, _EXTERNAL, _PORT))
    named = lookup(attributes, "peer.service") != ""
    address = func.if_(or_(named, port == ""), external, func.concat(external, ":", port))
    kinds = (database != "", "database", messaging != "", "messaging", external != "", "external", "")
    names = (database != "", _joined(database, first(_PLACE)), messaging != "")
    return func.multiIf(*kinds), func.multiIf(*names, _joined(messaging, first(_DESTINATION)), address)


def _joined(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    joined: ColumnElement[Any] = func.if_(second == "", first, func.concat(first, literal("/"), second))
    return joined
