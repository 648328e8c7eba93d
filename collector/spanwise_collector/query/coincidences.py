"""What else changed at a service at about the time that it began to deviate."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, logs, spans

_KEYS: Final = ("service.version", "container.image.tag", "deployment.id", "vcs.ref.head.revision")


@dataclass(frozen=True, slots=True)
class Coincidence:
    """A value of a resource attribute that the baseline does not have; `since` (ns) is its first sight."""

    key: str
    value: str
    since: int


def coincidences(
    engine: Engine, project: str, services: Collection[str], before: tuple[int, int], now: tuple[int, int]
) -> Mapping[str, list[Coincidence]]:
    """New versions of these services, by service: those that only the window has, where the baseline has others."""
    if not services:
        return {}
    usual = _values(engine, project, services, before)
    found: dict[str, list[Coincidence]] = defaultdict(list)
    for (service, key, value), since in sorted(_values(engine, project, services, now).items()):
        known = {each[2] for each in usual if each[:2] == (service, key)}
        if known and value not in known:
            found[service].append(Coincidence(key, value, since))
    return found


def _values(
    engine: Engine, project: str, services: Collection[str], window: tuple[int, int]
) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for table, time in ((spans, spans.c.start_time_unix_nano), (logs, logs.c.time_unix_nano)):
        columns: list[ColumnElement[Any]] = [
            func.arrayElement(table.c.resource_attributes, key).label(f"value{place}")
            for place, key in enumerate(_KEYS)
        ]
        query = (
            select(table.c.service, *columns, func.min(time).label("since"))
            .where(
                table.c.project == project,
                func.intDiv(time, MINUTE).between(window[0] // MINUTE, window[1] // MINUTE),
                time >= window[0],
                time < window[1],
                table.c.service.in_(sorted(services)),
            )
            .group_by(table.c.service, *columns)
            .limit(1000)
        )
        for row in engine.read(query):
            for place, key in enumerate(_KEYS):
                if value := row[1 + place]:
                    known = found.get((row.service, key, value), row.since)
                    found[row.service, key, value] = min(known, row.since)
    return found
