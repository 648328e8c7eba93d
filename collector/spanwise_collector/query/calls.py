"""Which span called which, across services and inserts: pairs of spans of the same traces, in SQL."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, CompoundSelect, Select, and_, func, or_, select, text, true, union_all
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.selectable import Subquery

from spanwise_collector.model.span import CLIENT, CONSUMER, PRODUCER, SERVER
from spanwise_collector.query.conditions import condition, no
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.peers import peer, peer_attributes
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, span_id_literal, span_sample, spans

MARGIN: Final = 10 * MINUTE
"""Spans that began so long before or after a range are still looked at as the other end of a call in it."""
KEPT_ONE_IN: Final = 16
"""Of so many traces `span_sample` has one, as its view says."""
_NO_ID: Final = span_id_literal("")


@dataclass(frozen=True, slots=True)
class Sampled:
    """The spans of one trace in `one_in`; `shared` and `linked` are false where none of them has a callee that way.

    With `kept` they are read from `span_sample`: then `one_in` is a multiple of KEPT_ONE_IN and all are asked for.
    """

    rows: Rows
    one_in: int
    shared: bool = True
    linked: bool = True
    kept: bool = False

    @property
    def columns(self) -> ReadOnlyColumnCollection[str, Column[Any]]:
        """Those of the table that is read."""
        return span_sample.c if self.kept else spans.c

    # What a span is known by in a pairing: by one number, pairs cost half of what they do by two texts (ADR-0165).
    @property
    def own(self) -> ColumnElement[Any]:
        return func.cityHash64(self.columns.trace_id, self.columns.span_id).label("own")

    @property
    def above(self) -> ColumnElement[Any]:
        return func.cityHash64(self.columns.trace_id, self.columns.parent_span_id).label("above")

    def of_it(self) -> ColumnElement[bool]:
        """Whether a span's trace is looked at."""
        return true() if self.one_in == 1 else func.cityHash64(self.columns.trace_id) % self.one_in == 0

    def is_request(self) -> ColumnElement[bool]:
        """Whether a span is how work enters its service."""
        return or_(self.columns.kind.in_([SERVER, CONSUMER]), self.columns.parent_span_id == _NO_ID)

    def side(self, name: str, *more: ColumnElement[Any], where: ColumnElement[bool]) -> Subquery:
        """Spans as one end of a call. `inside`: it began in the range; `holds`: it is as the rows are asked to be."""
        rows, columns, start = self.rows, self.columns, self.columns.start_time_unix_nano
        return (
            select(
                self.own,
                columns.service,
                columns.kind,
                columns.failed,
                start.label("start"),
                func.if_(columns.duration < 0, NO_BUCKET, func.spanwise_bucket(columns.duration)).label("bucket"),
                and_(start >= rows.start, start < rows.end).label("inside"),
                and_(true(), condition(rows.where, "spans")).label("holds"),
                *more,
            )
            .where(columns.project == rows.project, start >= max(0, rows.start - MARGIN), start < rows.end + MARGIN)
            .where(where)
            .subquery(name)
        )


def shared_ids(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A row if any server's span has the id of a client's."""
    ends = sampled.side("ends", where=and_(sampled.of_it(), sampled.columns.kind.in_([CLIENT, SERVER])))
    both = func.min(ends.c.kind) != func.max(ends.c.kind)
    return select(ends.c.own).group_by(ends.c.own).having(func.count() > 1, both).limit(1)


def links(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A row if any consumer names what it took by links."""
    consumer = sampled.side(
        "consumer", where=and_(sampled.columns.kind == CONSUMER, func.notEmpty(sampled.columns.link_trace_ids))
    )
    return select(consumer.c.own).limit(1)


def calls(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """Calls from one service to another by caller, callee and whether a message lay between them."""
    found = _pairs(sampled).subquery("pairs")
    lag = func.toInt64(found.c.callee_start) - func.toInt64(found.c.caller_start)
    # Counted by bucket first, for a map made of every pair costs more than the pairing.
    kept = (found.c.caller, found.c.callee, found.c.asynchronous)
    alike = (
        select(
            *kept,
            found.c.caller_failed,
            found.c.callee_failed,
            found.c.caller_bucket,
            found.c.callee_bucket,
            func.if_(lag < 0, NO_BUCKET, func.spanwise_bucket(lag)).label("lag_bucket"),
            func.count().label("n"),
        )
        .where(found.c.inside, found.c.holds)
        .group_by(*kept, *map(text, ("caller_failed", "callee_failed", "caller_bucket", "callee_bucket", "lag_bucket")))
        .subquery("alike")
    )
    n = alike.c.n
    return select(
        alike.c.caller,
        alike.c.callee,
        alike.c.asynchronous,
        func.sum(n).label("n"),
        func.sumIf(n, alike.c.caller_failed == 1).label("caller_errors"),
        func.sumIf(n, alike.c.callee_failed == 1).label("callee_errors"),
        _histogram(alike.c.caller_bucket, n).label("caller_buckets"),
        _histogram(alike.c.callee_bucket, n).label("callee_buckets"),
        func.sumIf(n, alike.c.lag_bucket == NO_BUCKET).label("negative"),
        _histogram(alike.c.lag_bucket, n).label("lags"),
    ).group_by(alike.c.caller, alike.c.callee, alike.c.asynchronous)


def unanswered(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """Client and producer spans of the range that led to no span, by what their attributes say they called."""
    called = _pairs(sampled).subquery("called")
    mine = sampled.side(
        "mine",
        peer_attributes(sampled.columns.attributes).label("attributes"),
        where=and_(sampled.of_it(), sampled.columns.kind.in_([CLIENT, PRODUCER])),
    )
    # One id may be that of clients of several services.
    answered = select(func.cityHash64(called.c.own, called.c.caller))
    kept = (mine.c.service, mine.c.attributes, mine.c.failed, mine.c.bucket)
    alike = (
        select(*kept, func.count().label("n"))
        .where(mine.c.inside, mine.c.holds, func.cityHash64(mine.c.own, mine.c.service).not_in(answered))
        .group_by(*kept)
        .subquery("alike")
    )
    kind, name = peer(alike.c.attributes)
    n = alike.c.n
    return select(
        alike.c.service.label("caller"),
        kind.label("peer_kind"),
        name.label("peer_name"),
        func.sum(n).label("n"),
        func.sumIf(n, alike.c.failed == 1).label("errors"),
        _histogram(alike.c.bucket, n).label("buckets"),
    ).group_by(alike.c.service, text("peer_kind"), text("peer_name"))


def _histogram(bucket: ColumnElement[Any], count: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sumMapIf(func.map(bucket, count), bucket != NO_BUCKET)


def _pairs(sampled: Sampled) -> CompoundSelect[*tuple[Any, ...]]:
    rarer = [(_shared, sampled.shared), (_by_link, sampled.linked)]
    return union_all(_by_parent(sampled), *(pairs(sampled) for pairs, there in rarer if there))


def _pair(caller: Subquery, callee: Subquery) -> Select[*tuple[Any, ...]]:
    return select(
        caller.c.own,
        caller.c.service.label("caller"),
        callee.c.service.label("callee"),
        or_(caller.c.kind == PRODUCER, callee.c.kind == CONSUMER).label("asynchronous"),
        caller.c.start.label("caller_start"),
        callee.c.start.label("callee_start"),
        caller.c.failed.label("caller_failed"),
        callee.c.failed.label("callee_failed"),
        caller.c.bucket.label("caller_bucket"),
        callee.c.bucket.label("callee_bucket"),
        callee.c.inside.label("inside"),
        or_(caller.c.holds, callee.c.holds).label("holds"),
    )


def _shared(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """B3's way: the server's span has the id of the client's."""
    caller = sampled.side("caller", where=and_(sampled.of_it(), sampled.columns.kind == CLIENT))
    callee = sampled.side("callee", where=and_(sampled.of_it(), sampled.columns.kind == SERVER))
    same = caller.c.own == callee.c.own
    return _pair(caller, callee).select_from(callee.join(caller, same)).where(caller.c.service != callee.c.service)


def _by_parent(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    caller = sampled.side("caller", where=sampled.of_it())
    callee = sampled.side(
        "callee", sampled.above, where=and_(sampled.of_it(), sampled.columns.parent_span_id != _NO_ID)
    )
    parent = caller.c.own == callee.c.above
    pairs = _pair(caller, callee).select_from(callee.join(caller, parent)).where(caller.c.service != callee.c.service)
    if not sampled.shared:
        return pairs
    shared = _shared(sampled).subquery("shared")
    ids = select(shared.c.own)
    # What is below a shared id is below its server; and that server was called by its client, not by what is above.
    not_the_client = no(and_(caller.c.kind == CLIENT, caller.c.own.in_(ids)))
    not_the_server = no(and_(callee.c.kind == SERVER, callee.c.own.in_(ids)))
    return pairs.where(not_the_client, not_the_server)


def _by_link(sampled: Sampled) -> Select[*tuple[Any, ...]]:
    """A consumer that names the messages it took by links, as it must where they are of several traces."""
    link: ColumnElement[Any] = func.arrayJoin(
        func.arrayZip(sampled.columns.link_trace_ids, sampled.columns.link_span_ids)
    )
    consumer = sampled.side("consumer", sampled.above, link.label("link"), where=sampled.columns.kind == CONSUMER)
    link_trace, link_span = (func.tupleElement(consumer.c.link, place) for place in (1, 2))
    callee = select(
        *(each for each in consumer.c if each.name != "link"),
        func.cityHash64(
            func.toFixedString(func.unhex(func.if_(func.length(link_trace) == 32, link_trace, "")), 16),
            func.toFixedString(func.unhex(func.if_(func.length(link_span) == 16, link_span, "")), 8),
        ).label("linked"),
    ).subquery("callee")
    caller = sampled.side("caller", where=and_(sampled.of_it(), sampled.columns.kind == PRODUCER))
    pairs = _pair(caller, callee).select_from(callee.join(caller, caller.c.own == callee.c.linked))
    # A link to the parent is found by the parent.
    return pairs.where(caller.c.service != callee.c.service, callee.c.above != callee.c.linked)
