"""What came to a service, or sets its deviating spans apart, at about the time that it began to deviate."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.diagnose import coincidence
from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.coincidence import Coincidence, Deploy, Onset, Seen, Sides
from spanwise_collector.diagnose.onset import Shown
from spanwise_collector.diagnose.separation import FEWEST, Separation, Sizes, separate
from spanwise_collector.query.compare_attributes import attributes_of_spans
from spanwise_collector.query.compare_sample import heads, percentile
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.language.tree import Equals, Key, Node, Not, Number, Term, all_of
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, logs, spans

_KEYS: Final = ("service.version", "container.image.tag", "deployment.id", "vcs.ref.head.revision")
_MOST_VALUES: Final = 1000
_COMPARED: Final = 2
"""Of so many culprits, the best, the attributes are compared."""
_MOST_SPANS: Final = 500
_USUALLY_SLOWEST: Final = 0.95
_NEARLY_ALL: Final = 0.9
"""Where more of the window's spans deviate they are held against the baseline's, else against the others."""


_FAILED: Final = Term(Key("field", "failed"), Number("=", 1))


@dataclass(frozen=True, slots=True)
class Suspect:
    """A culprit's leading blame, and since when (ns)."""

    blame: Blame
    since: int


@dataclass(frozen=True, slots=True)
class Around:
    """Where to look: the window (start, end) and its baseline, what onsets are known to (ns), and noted deploys."""

    asked: tuple[int, int]
    against: tuple[int, int]
    within: int
    noted: Sequence[Deploy] = ()


def coincidences(engine: Engine, project: str, suspects: Sequence[Suspect], around: Around) -> list[list[Coincidence]]:
    """For each suspect what coincides with it: deploys of its service, new versions, attributes; the surest first."""
    if not suspects:
        return []
    services = {each.blame.culprit.service for each in suspects}
    usual = _usual(_values(engine, project, services, around.against))
    now = _values(engine, project, services, around.asked)
    found = []
    for number, suspect in enumerate(suspects):
        service, instance, _ = suspect.blame.culprit
        onset = Onset(service, suspect.since, around.within)
        deployed = coincidence.deploys(around.noted, onset)
        named = {each.value.removeprefix("v") for each in deployed}
        seen = _earliest(each for each in now[service] if instance in ("", each.shown.instance))
        new = [each for each in coincidence.versions(usual[service], seen, onset) if each.value not in named]
        compared = _attributes(engine, project, suspect, around) if number < _COMPARED else []
        found.append([*deployed, *new, *compared])
    return found


def _usual(found: Mapping[str, list[Seen]]) -> Mapping[str, dict[str, set[str]]]:
    made: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for service, values in found.items():
        for each in values:
            made[service][each.key].add(each.value)
    return made


def _earliest(found: Iterable[Seen]) -> list[Seen]:
    first: dict[tuple[str, str], Seen] = {}
    for each in found:
        known = first.setdefault((each.key, each.value), each)
        if (each.since, each.shown.instance) < (known.since, known.shown.instance):
            first[each.key, each.value] = each
    return list(first.values())


def _values(
    engine: Engine, project: str, services: Collection[str], window: tuple[int, int]
) -> Mapping[str, list[Seen]]:
    """Of each service the versions that its spans and records have, by instance, the newest of _MOST_VALUES."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for table, time in ((spans, spans.c.start_time_unix_nano), (logs, logs.c.time_unix_nano)):
        values: list[ColumnElement[Any]] = [
            func.arrayElement(table.c.resource_attributes, key).label(f"value{place}")
            for place, key in enumerate(_KEYS)
        ]
        ids = func.argMin(func.tuple(table.c.trace_id, table.c.span_id), time)
        query = (
            select(table.c.service, table.c.instance, *values, func.min(time).label("since"), ids.label("ids"))
            .where(
                table.c.project == project,
                func.intDiv(time, MINUTE).between(window[0] // MINUTE, window[1] // MINUTE),
                time >= window[0],
                time < window[1],
                table.c.service.in_(sorted(services)),
            )
            .group_by(table.c.service, table.c.instance, *values)
            .order_by(func.min(time).desc())
            .limit(_MOST_VALUES)
        )
        for row in engine.read(query):
            trace_id, span_id = (each.hex() if any(each) else "" for each in row.ids)
            shown = Shown(trace_id, span_id, row.service, row.instance, "", row.since if table is logs else None)
            for place, key in enumerate(_KEYS):
                if value := row[2 + place]:
                    found[row.service].append(Seen(key, value, row.since, shown))
    return found


def _attributes(engine: Engine, project: str, suspect: Suspect, around: Around) -> list[Coincidence]:
    """Attributes that set the deviating spans of the blamed operation apart."""
    service, _, name = suspect.blame.culprit
    if not name:
        return []
    where = all_of(_is("service", service), _is("name", name))
    now = Rows(project, "spans", suspect.since, around.asked[1], where)
    before = Rows(project, "spans", *around.against, where)
    sets, sides = _deviating(engine, suspect.blame, now, before)
    a, b = (heads(engine, rows, _MOST_SPANS) for rows in sets)
    n = a.matched, b.matched
    if sets[1] is not before and (min(n) < FEWEST or n[0] >= _NEARLY_ALL * sum(n)):
        sets, sides = _before_and_after(now, before)
        a, b = (heads(engine, rows, _MOST_SPANS) for rows in sets)
    if min(a.heads, b.heads) < FEWEST:
        return []
    ranked = separate(attributes_of_spans(engine, a, b), {"span": Sizes(a.heads, b.heads)}, frozenset()).ranked
    onset = Onset(service, suspect.since, around.within)
    found = []
    for separation, said in coincidence.attributes(ranked, sides):
        first = _first(engine, replace(now, start=around.asked[0]) if sets[1] is before else sets[0], separation)
        # What the window had all along did not come with the onset.
        if first is not None and (sets[1] is not before or onset.fits(first[0], 0)):
            place, value = separation.counted.place, separation.values[0]
            found.append(Coincidence("attribute", place.key, value.text or "", first[0], said, first[1]))
    return found


def _before_and_after(now: Rows, before: Rows) -> tuple[tuple[Rows, Rows], Sides]:
    return (now, before), Sides("its spans since then", "those of the baseline")


def _deviating(engine: Engine, blame: Blame, now: Rows, before: Rows) -> tuple[tuple[Rows, Rows], Sides]:
    """The spans of the window that deviate and the others, where that can be told; what they are in words."""
    if blame.rule == "errors":
        deviates, sides = _FAILED, Sides("its calls that fail", "the others")
    elif blame.rule == "self_time":
        usually = percentile(engine, before, _USUALLY_SLOWEST)
        deviates, sides = Term(Key("field", "duration"), Number(">", usually)), Sides("its slow calls", "the others")
    else:
        return _before_and_after(now, before)
    a, b = (replace(now, where=all_of(now.where, each)) for each in (deviates, Not(deviates)))
    return (a, b), sides


def _first(engine: Engine, rows: Rows, separation: Separation) -> tuple[int, Shown] | None:
    """When the separating value is seen first in these rows, and in which span."""
    key, best = Key("plain", separation.counted.place.key), separation.values[0]
    test = Equals(best.text or "") if best.operator == "=" else Number(best.operator, float(best.text or 0))
    time = spans.c.start_time_unix_nano
    fields = (spans.c.trace_id, spans.c.span_id, spans.c.service, spans.c.instance, spans.c.name)
    having = replace(rows, where=all_of(rows.where, Term(key, test)))
    query = select(time.label("since"), *fields).where(*having.found()).order_by(time, spans.c.span_id).limit(1)
    for row in engine.read(query):
        return int(row.since), Shown(row.trace_id.hex(), row.span_id.hex(), row.service, row.instance, row.name)
    return None


def _is(field: str, text: str) -> Node:
    return Term(Key("field", field), Equals(text))
