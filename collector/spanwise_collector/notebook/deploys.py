"""Which version of a service was put into use, and when."""

import time
from dataclasses import dataclass

from sqlalchemy import select

from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Deploy


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deploy; `time` in nanoseconds since the epoch."""

    id: int
    service: str
    version: str
    time: int
    note: str


def add(notebook: Notebook, project: str, service: str, version: str, when: int, note: str) -> Deployed:
    """Write a deploy down."""
    row = Deploy(project=project, service=service, version=version, time=when, note=note, created=time.time_ns())
    with notebook.page() as page:
        page.add(row)
        page.flush()
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
