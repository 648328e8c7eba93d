"""Questions that somebody wants to ask again."""

import time
from dataclasses import dataclass

from sqlalchemy import delete, select

from spanwise_collector.errors import NotFound
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import SavedView


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
    """Save a question; one of the same screen and name is replaced, and keeps its id."""
    with notebook.page() as page:
        same = (SavedView.project == project, SavedView.screen == screen, SavedView.name == name)
        row = page.scalars(select(SavedView).where(*same)).one_or_none()
        if row is None:
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


def _view(row: SavedView) -> View:
    return View(row.id, row.screen, row.name, row.query, row.created)
