"""One service as its page shows it: rates, errors and durations over time, and of its operations and instances."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func

from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.facets import Facets, Wanted, facets
from spanwise_collector.query.figures import REQUESTS, STATS, Figures, Minutes, figures_by
from spanwise_collector.query.language.tree import Equals, Key, Term
from spanwise_collector.query.service_series import step_of
from spanwise_collector.query.services import LogCount, log_counts
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE

_VERSION: Final = Key("resource", "service.version")


@dataclass(frozen=True, slots=True)
class Operation:
    """A service's spans of one name and kind, and those of as long a time before."""

    service: str
    name: str
    kind: int
    now: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class Series:
    """Requests by steps of `step` ns, those with any, by time."""

    step: int
    points: list[tuple[int, Figures]]


@dataclass(frozen=True, slots=True)
class Service:
    """Requests are the spans by which work enters it; `spans` are all of its spans, `logs` its log records."""

    requests: Figures
    before: Figures
    spans: Figures
    logs: LogCount
    series: Series
    instances: list[tuple[str, Figures]]
    versions: Facets


def operations(engine: Engine, minutes: Minutes, of: str | None = None) -> list[Operation]:
    """Those of a service, or of all, the most spans first."""
    keys = (STATS.service, STATS.name, STATS.kind)
    where = () if of is None else (STATS.service == of,)
    before = figures_by(engine, minutes.before(), keys, *where)
    now = figures_by(engine, minutes, keys, *where)
    return [
        Operation(service, name, kind, figures, before.get((service, name, kind), Figures()))
        for (service, name, kind), figures in now.items()
    ]


def service(engine: Engine, minutes: Minutes, name: str, most: Most, columns: int = 60) -> Service:
    """What is known of a service of that name; all figures are zero where it has no spans then."""
    mine = STATS.service == name
    instances = figures_by(engine, minutes, (STATS.instance,), mine, REQUESTS)
    rows = Rows(minutes.project, "spans", *minutes.bounds, Term(Key("field", "service"), Equals(name)))
    return Service(
        requests=sum(instances.values(), Figures()),
        before=figures_by(engine, minutes.before(), (), mine, REQUESTS)[()],
        spans=figures_by(engine, minutes, (), mine)[()],
        logs=log_counts(engine, minutes.project, *minutes.bounds, name).get(name, LogCount()),
        series=_series(engine, minutes, name, columns),
        instances=[(instance, figures) for (instance,), figures in instances.items()],
        versions=facets(engine, rows, Wanted((("resource.service.version", _VERSION),)), most.facet_rows),
    )


def _series(engine: Engine, minutes: Minutes, name: str, columns: int) -> Series:
    found = figures_by(engine, minutes, (func.toUInt64(STATS.minute),), STATS.service == name, REQUESTS)
    times = sorted(minute for (minute,) in found)
    length = times[-1] - times[0] + 1 if times else 1
    step = step_of(length, columns)
    points: dict[int, Figures] = {}
    for (minute,), figures in found.items():
        time = minute // step * step * MINUTE
        points[time] = points.get(time, Figures()) + figures
    return Series(step * MINUTE, sorted(points.items()))
