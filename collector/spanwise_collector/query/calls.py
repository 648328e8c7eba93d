"""Which span called which, across services and inserts: pairs of spans of the same traces, in SQL."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, literal, or_, select, true, tuple_, union_all
from sqlalchemy.sql.selectable import Subquery

from spanwise_collector.model.span import CLIENT, CONSUMER, ERROR, PRODUCER, SERVER
from spanwise_collector.query.conditions import condition, no
from spanwise_collector.query.extent import Rows
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, lookup, span_id_literal, spans

MARGIN: Final = 10 * MINUTE
"""Spans that began so long before or after a range are still looked at as the other end of a call in it."""
_NO_ID: Final = span_id_literal("")
_columns: Final = spans.c


@dataclass(frozen=True, slots=True)
class Sampled:
    """The spans of one trace in `one_in`; `shared` and `linked` are false where none of them has a callee that way."""

    rows: Rows
    one_in: int
    shared: bool = True
    linked: bool = True

    def of_it(self, trace_id: ColumnElement[Any] = _columns.trace_id) -> ColumnElement[bool]:
        """Whether a span's trace is looked at."""
        return true() if self.one_in == 1 else func.cityHash64(trace_id) % self.one_in == 0

    @staticmethod
    def is_request() -> ColumnElement[bool]:
        """Whether a span is how work enters its service."""
        return or_(_columns.kind.in_([SERVER, CONSUMER]), _columns.parent_span_id == _NO_ID)

    def side(self, name: str, *more: ColumnElement[Any], where: ColumnElement[bool] | None = None) -> Subquery:
        """Spans as one end of a call. `inside`: it began in the range; `holds`: it is as the rows are asked to be."""
        rows, start = self.rows, _columns.start_time_unix_nano
        query = select(
            _columns.trace_id,
            _columns.span_id,
            _columns.parent_span_id,
            _columns.service,
            _columns.kind,
            _columns.status_code,
            start.label("start"),
            func.if_(_columns.duration < 0, NO_BUCKET, func.spanwise_bucket(_columns.duration)).label("bucket"),
            and_(start >= rows.start, start < rows.end).label("inside"),
            and_(true(), condition(rows.where, "spans")).label("holds"),
            *more,
        ).where(_columns.project == rows.project, start >= max(0, rows.start - MARGIN), start < rows.end + MARGIN)
        return query.where(self.of_it() if where is None else where).subquery(name)


def shared_ids(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A row if any server's span has the id of its client's."""
    found = _shared(sampled).subquery("shared")
    return select(found.c.span_id).limit(1)


def links(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A row if any consumer names what it took by links."""
    consumer = sampled.side("consumer", where=and_(_columns.kind == CONSUMER, func.notEmpty(_columns.link_trace_ids)))
    return select(consumer.c.span_id).limit(1)


def calls(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """Calls from one service to another by caller, callee and whether a message lay between them."""
    found = _pairs(sampled).subquery("pairs")
    one = func.toUInt64(1)
    lag = func.toInt64(found.c.callee_start) - func.toInt64(found.c.caller_start)
    return (
        select(
            found.c.caller,
            found.c.callee,
            found.c.asynchronous,
            func.count().label("n"),
            func.countIf(found.c.caller_status == ERROR).label("caller_errors"),
            func.countIf(found.c.callee_status == ERROR).label("callee_errors"),
            _histogram(found.c.caller_bucket).label("caller_buckets"),
            _histogram(found.c.callee_bucket).label("callee_buckets"),
            func.countIf(lag < 0).label("negative"),
            func.sumMapIf(func.map(func.spanwise_bucket(lag), one), lag >= 0).label("lags"),
        )
        .where(found.c.inside, found.c.holds)
        .group_by(found.c.caller, found.c.callee, found.c.asynchronous)
    )


def unanswered(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """Client and producer spans of the range that led to no span, by what their attributes say they called."""
    called = _pairs(sampled).subquery("called")
    kind, name = _peer()
    mine = sampled.side(
        "mine",
        kind.label("peer_kind"),
        name.label("peer_name"),
        where=and_(sampled.of_it(), _columns.kind.in_([CLIENT, PRODUCER])),
    )
    ids = select(called.c.trace_id, called.c.span_id, called.c.caller)
    return (
        select(
            mine.c.service.label("caller"),
            mine.c.peer_kind,
            mine.c.peer_name,
            func.count().label("n"),
            func.countIf(mine.c.status_code == ERROR).label("errors"),
            _histogram(mine.c.bucket).label("buckets"),
        )
        .where(
            mine.c.inside,
            mine.c.holds,
            tuple_(mine.c.trace_id, mine.c.span_id, mine.c.service).not_in(ids),
        )
        .group_by(mine.c.service, mine.c.peer_kind, mine.c.peer_name)
    )


def _histogram(bucket: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sumMapIf(func.map(bucket, func.toUInt64(1)), bucket != NO_BUCKET)


def _pairs(sampled: Sampled) -> CompoundSelect[*tuple[Any, ...]]:
    rarer = [(_shared, sampled.shared), (_by_link, sampled.linked)]
    return union_all(_by_parent(sampled), *(pairs(sampled) for pairs, there in rarer if there))


def _pair(caller: Subquery, callee: Subquery) -> Select[*tuple[Any, ...]]:
    return select(
        caller.c.trace_id,
        caller.c.span_id,
        caller.c.service.label("caller"),
        callee.c.service.label("callee"),
        or_(caller.c.kind == PRODUCER, callee.c.kind == CONSUMER).label("asynchronous"),
        caller.c.start.label("caller_start"),
        callee.c.start.label("callee_start"),
        caller.c.status_code.label("caller_status"),
        callee.c.status_code.label("callee_status"),
        caller.c.bucket.label("caller_bucket"),
        callee.c.bucket.label("callee_bucket"),
        callee.c.inside.label("inside"),
        or_(caller.c.holds, callee.c.holds).label("holds"),
    )


def _shared(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """B3's way: the server's span has the id of the client's."""
    caller = sampled.side("caller", where=and_(sampled.of_it(), _columns.kind == CLIENT))
    callee = sampled.side("callee", where=and_(sampled.of_it(), _columns.kind == SERVER))
    same = and_(caller.c.trace_id == callee.c.trace_id, caller.c.span_id == callee.c.span_id)
    return _pair(caller, callee).select_from(callee.join(caller, same)).where(caller.c.service != callee.c.service)


def _by_parent(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    caller = sampled.side("caller")
    callee = sampled.side("callee", where=and_(sampled.of_it(), _columns.parent_span_id != _NO_ID))
    parent = and_(caller.c.trace_id == callee.c.trace_id, caller.c.span_id == callee.c.parent_span_id)
    pairs = _pair(caller, callee).select_from(callee.join(caller, parent)).where(caller.c.service != callee.c.service)
    if not sampled.shared:
        return pairs
    shared = _shared(sampled).subquery("shared")
    ids = select(shared.c.trace_id, shared.c.span_id)
    # What is below a shared id is below its server; and that server was called by its client, not by what is above.
    not_the_client = no(and_(caller.c.kind == CLIENT, tuple_(caller.c.trace_id, caller.c.span_id).in_(ids)))
    not_the_server = no(and_(callee.c.kind == SERVER, tuple_(callee.c.trace_id, callee.c.span_id).in_(ids)))
    return pairs.where(not_the_client, not_the_server)


def _by_link(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A consumer that names the messages it took by links, as it must where they are of several traces."""
    link: ColumnElement[Any] = func.arrayJoin(func.arrayZip(_columns.link_trace_ids, _columns.link_span_ids))
    consumer = sampled.side("consumer", link.label("link"), where=_columns.kind == CONSUMER)
    link_trace, link_span = (func.tupleElement(consumer.c.link, place) for place in (1, 2))
    callee = select(
        *(each for each in consumer.c if each.name != "link"),
        func.toFixedString(func.unhex(func.if_(func.length(link_trace) == 32, link_trace, "")), 16).label("link_trace"),
        func.toFixedString(func.unhex(func.if_(func.length(link_span) == 16, link_span, "")), 8).label("link_span"),
    ).subquery("callee")
    caller = sampled.side("caller", where=and_(sampled.of_it(), _columns.kind == PRODUCER))
    linked = and_(caller.c.trace_id == callee.c.link_trace, caller.c.span_id == callee.c.link_span)
    own = and_(callee.c.trace_id == callee.c.link_trace, callee.c.parent_span_id == callee.c.link_span)
    pairs = _pair(caller, callee).select_from(callee.join(caller, linked))
    return pairs.where(caller.c.service != callee.c.service, no(own))


def _peer() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What a span says it called: of which kind, and by which name; both "" where it does not say."""
    database = _first("db.system.name", "db.system")
    place = _first("db.namespace", "db.name", "server.address", "net.peer.name")
    messaging = _first("messaging.system")
    destination = _first("messaging.destination.name", "messaging.destination")
    external = _first("peer.service", "server.address", "net.peer.name")
    port = _first("server.port", "net.peer.port")
    named = lookup(_columns.attributes, "peer.service") != ""
    address = func.if_(or_(named, port == ""), external, func.concat(external, ":", port))
    kinds = (database != "", "database", messaging != "", "messaging", external != "", "external", "")
    names = (database != "", _joined(database, place), messaging != "", _joined(messaging, destination), address)
    return func.multiIf(*kinds), func.multiIf(*names)


def _joined(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    joined: ColumnElement[Any] = func.if_(second == "", first, func.concat(first, literal("/"), second))
    return joined


def _first(*keys: str) -> ColumnElement[Any]:
    """The first of the attributes that is there."""
    *others, last = (lookup(_columns.attributes, key) for key in keys)
    found: ColumnElement[Any] = last
    for each in reversed(others):
        found = func.if_(each != "", each, found)
    return found
