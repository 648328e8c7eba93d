"""Which version of a service was put into use, and when."""

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select

from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Deploy

MOST_DEPLOYS: Final = 10_000
"""Of a project: thirty a day for a year, and no more than the notebook of a laptop bears."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deploy; `time` in nanoseconds since the epoch."""

    id: int
    service: str
    version: str
    time: int
    note: str


def add(notebook: Notebook, project: str, service: str, version: str, when: int, note: str) -> Deployed:
    """Write a deploy down; of more than MOST_DEPLOYS those that were written down first are forgotten."""
    row = Deploy(project=project, service=service, version=version, time=when, note=note, created=time.time_ns())
    with notebook.page() as page:
        page.add(row)
        page.flush()
        kept = select(Deploy.id).where(Deploy.project == project).order_by(Deploy.id.desc())
        beyond = page.scalar(kept.offset(MOST_DEPLOYS).limit(1))
        if beyond is not None:
            page.execute(delete(Deploy).where(Deploy.project == project, Deploy.id <= beyond))
        return _deployed(row)


def between(notebook: Notebook, project: str, start: int, end: int, service: str | None, limit: int) -> list[Deployed]:
    """Those of a project with `start` <= time < `end`, the newest first."""
    wanted = [Deploy.project == project, Deploy.time >= start, Deploy.time < end]
    if service is not None:
        wanted.append(Deploy.service == service)
    with notebook.page() as page:
        found = page.scalars(select(Deploy).where(*wanted).order_by(Deploy.time.desc(), Deploy.id.desc()).limit(limit))
        return [_deployed(row) for row in found]


def _deployed(row: Deploy) -> Deployed:
    return Deployed(row.id, row.service, row.version, row.time, row.note)
