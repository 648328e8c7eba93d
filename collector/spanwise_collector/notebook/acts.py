"""What was done with the rights of an admin: by whom, when and to what."""

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from spanwise_collector.errors import excerpt
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Act


@dataclass(frozen=True, slots=True)
class Done:
    """One act; `actor` is `key ID`, `terminal`, or `anyone` where no key is required."""

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


def newest(notebook: Notebook, limit: int) -> list[Done]:
    """The last acts, the newest first."""
    with notebook.page() as page:
        rows = page.scalars(select(Act).order_by(Act.id.desc()).limit(limit))
        return [Done(row.time, row.actor, row.project, row.act, row.subject) for row in rows]
