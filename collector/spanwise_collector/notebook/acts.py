"""What was done with the rights of an admin: by whom, when and to what."""

import time
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spanwise_collector.errors import excerpt
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Act


@dataclass(frozen=True, slots=True)
class Done:
    """One act, with a number that rises; `actor` is `key ID`, `terminal`, or `anyone` where no key is required."""

    id: int
    time: int
    actor: str
    project: str
    act: str
    subject: str


def note(page: Session, actor: str, project: str, act: str, subject: str) -> None:
    """Write an act down, within the transaction that does it."""
    page.add(Act(time=time.time_ns(), actor=actor, project=project, act=act, subject=excerpt(subject, 2000)))


def record(notebook: Notebook, actor: str, project: str, act: str, subject: str) -> None:
    """Write down an act that happens elsewhere than in the notebook, such as a deletion of traces."""
    with notebook.page() as page:
        note(page, actor, project, act, subject)


def newest(notebook: Notebook, limit: int, project: str | None = None, before: int | None = None) -> list[Done]:
    """The last acts, the newest first: of one project or of all, and only those `before` the act of that number."""
    query = select(Act).order_by(Act.id.desc()).limit(limit)
    if project is not None:
        query = query.where(Act.project == project)
    if before is not None:
        query = query.where(Act.id < before)
    with notebook.page() as page:
        return [Done(row.id, row.time, row.actor, row.project, row.act, row.subject) for row in page.scalars(query)]


def count(notebook: Notebook, project: str) -> int:
    """How many acts of a project there are."""
    with notebook.page() as page:
        return page.scalar(select(func.count()).select_from(Act).where(Act.project == project)) or 0
