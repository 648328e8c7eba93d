"""Who is below whom: conditions on the tree of a trace, decided exactly over the ids of its spans."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select

from spanwise_collector.errors import QueryLimit
from spanwise_collector.model.span import CLIENT, SERVER
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.tree import And, Below, Count, Node, Not, Number, Or, Spans, SpanSet, Term, walk
from spanwise_collector.query.trace_conditions import Window, candidates, compare, of_traces
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import spans, traces

_NO_SPAN: Final = bytes(8)


def matching(engine: Engine, window: Window, node: Node, ids: Sequence[bytes], most: int) -> set[bytes]:
    """Those of the traces, which have a row in the window, for which a structural condition holds.

    Raises QueryLimit where they have more than `most` spans together, which is the setting structure_spans.
    """
    if not ids:
        return set()
    sets = list(dict.fromkeys(each.where for each in walk(node) if isinstance(each, Spans)))
    terms = list(dict.fromkeys(each for each in walk(node) if isinstance(each, Term) and each.key.scope == "trace"))
    passing = {term: _passing(engine, window, term, ids) for term in terms}
    rows = _rows(engine, window, sets, ids, most)
    by_trace: dict[bytes, list[Any]] = defaultdict(list)
    for row in rows:
        by_trace[row[0]].append(row)
    return {
        trace_id
        for trace_id in ids
        if _Trace(by_trace[trace_id], sets).holds(node, {term: trace_id in passing[term] for term in terms})
    }


def _passing(engine: Engine, window: Window, term: Term, ids: Sequence[bytes]) -> set[bytes]:
    query = select(traces.c.trace_id).where(
        *window.all_rows(), of_traces(traces.c.trace_id, ids), candidates(term, window)
    )
    return {row.trace_id for row in engine.read(query.distinct())}


def _rows(engine: Engine, window: Window, sets: Sequence[Node], ids: Sequence[bytes], most: int) -> Sequence[Any]:
    columns = spans.c
    query = select(
        columns.trace_id,
        columns.span_id,
        columns.parent_span_id,
        columns.kind,
        *(getattr(func, "if")(condition(each, "spans"), 1, 0).label(f"set_{n}") for n, each in enumerate(sets)),
    ).where(*window.spans(), of_traces(columns.trace_id, ids))
    rows = engine.read(query.limit(most + 1))
    if len(rows) > most:
        hit = f"`>` and `>>` would look at {len(ids)} traces with more than {most:,} spans together"
        raise QueryLimit("structure_spans", hit)
    return rows


class _Trace:
    """The spans of one trace as numbers, each with its parents."""

    def __init__(self, rows: Sequence[Any], sets: Sequence[Node]) -> None:
        self._sets = {where: {n for n, row in enumerate(rows) if row[4 + at]} for at, where in enumerate(sets)}
        by_id: dict[bytes, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            by_id[row[1]].append(number)
        self._parents = [self._parents_of(number, rows, by_id) for number in range(len(rows))]

    @staticmethod
    def _parents_of(number: int, rows: Sequence[Any], by_id: dict[bytes, list[int]]) -> list[int]:
        """Usually one; a server span that shares its client's id (B3) stands below the client."""
        _, span_id, parent_id, kind = rows[number][:4]
        if kind == SERVER:
            clients = [other for other in by_id[span_id] if rows[other][3] == CLIENT]
            if clients:
                return clients
        if parent_id in (_NO_SPAN, span_id):
            return []
        same = by_id.get(parent_id, [])
        servers = [other for other in same if rows[other][3] == SERVER]
        return servers or same

    def holds(self, node: Node, terms: dict[Term, bool]) -> bool:
        match node:
            case And(parts):
                return all(self.holds(each, terms) for each in parts)
            case Or(parts):
                return any(self.holds(each, terms) for each in parts)
            case Not(part):
                return not self.holds(part, terms)
            case Term():
                return terms[node]
            case Count(of, operator, number):
                return compare(len(self._found(of)), Number(operator, number))
            case Spans() | Below():
                return bool(self._found(node))
        raise TypeError(f"not a condition on traces: {node}")

    def _found(self, wanted: SpanSet) -> set[int]:
        if isinstance(wanted, Spans):
            return self._sets[wanted.where]
        above, below = self._found(wanted.above), self._found(wanted.below)
        if wanted.direct:
            return {each for each in below if any(parent in above for parent in self._parents[each])}
        under = self._under(above)
        return below & under

    def _under(self, above: set[int]) -> set[int]:
        """All spans that have one of `above` somewhere above them; a circle of parents ends where it began."""
        children: dict[int, list[int]] = defaultdict(list)
        for child, parents in enumerate(self._parents):
            for parent in parents:
                children[parent].append(child)
        found: set[int] = set()
        waiting = list(above)
        while waiting:
            for child in children[waiting.pop()]:
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found
