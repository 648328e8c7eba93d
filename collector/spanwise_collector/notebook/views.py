"""Questions that somebody wants to ask again."""

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from spanwise_collector.errors import NotebookFull, NotFound
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import SavedView

MOST_VIEWS: Final = 1000
"""Of a project: all of them are one answer, and a list in the web view."""


@dataclass(frozen=True, slots=True)
class View:
    """A saved question; `screen` names the page of the web view, `query` is what stands in its address."""

    id: int
    screen: str
    name: str
    query: str
    created: int


def every(notebook: Notebook, project: str) -> list[View]:
    """All of a project, by screen and name."""
    with notebook.page() as page:
        of_project = select(SavedView).where(SavedView.project == project)
        return [_view(row) for row in page.scalars(of_project.order_by(SavedView.screen, SavedView.name))]


def save(notebook: Notebook, project: str, screen: str, name: str, query: str) -> View:
    """Save a question; one of the same screen and name is replaced, and keeps its id.

    Raises NotebookFull where it would be one more than MOST_VIEWS. Collectors that share a PostgreSQL may pass that by
    as many as they save in the same moment: nobody pays a lock for a limit that only keeps the list short.
    """
    with notebook.page() as page:
        same = (SavedView.project == project, SavedView.screen == screen, SavedView.name == name)
        row = page.scalars(select(SavedView).where(*same)).one_or_none()
        if row is None:
            _refuse_too_many(page, project)
            row = SavedView(project=project, screen=screen, name=name, query=query, created=time.time_ns())
            page.add(row)
        row.query = query
        page.flush()
        return _view(row)


def remove(notebook: Notebook, project: str, id_: int) -> None:
    """Raises NotFound where the project has no such view."""
    with notebook.page() as page:
        of_project = delete(SavedView).where(SavedView.project == project, SavedView.id == id_)
        if page.scalars(of_project.returning(SavedView.id)).one_or_none() is None:
            raise NotFound(f"There is no saved view {id_}.")


def _refuse_too_many(page: Session, project: str) -> None:
    of_project = select(func.count()).select_from(SavedView).where(SavedView.project == project)
    if (page.scalar(of_project) or 0) >= MOST_VIEWS:
        raise NotebookFull(
            f"The project has {MOST_VIEWS} saved views, and can have no more: remove one that nobody needs first."
        )


def _view(row: SavedView) -> View:
    return View(row.id, row.screen, row.name, row.query, row.created)
