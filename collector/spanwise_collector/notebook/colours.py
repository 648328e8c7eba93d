"""Which services have a colour, in the order in which they were given it (ADR-0037)."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import ServiceColour

MOST: Final = 1000
"""So many services of a project have a place: colours repeat after ten, and names may be made up by senders."""
_LONGEST: Final = 255
_TRIES: Final = 10
"""Each ends because another collector has given places, which is at most once for each of them."""


def every(notebook: Notebook, project: str) -> list[str]:
    """The services of a project that have a colour, by their places: the first is at place 0."""
    with notebook.page() as page:
        return _places(page, project)


def give(notebook: Notebook, project: str, services: Iterable[str]) -> list[str]:
    """`every`, after the services without a colour were given the next places, by name."""
    # PostgreSQL's text holds no NUL.
    wanted = {each for each in services if len(each) <= _LONGEST and "\0" not in each}
    for _ in range(_TRIES):
        with notebook.page() as page:
            known = _places(page, project)
            new = sorted(wanted.difference(known))[: MOST - len(known)]
            rows = [ServiceColour(project=project, service=name, place=at) for at, name in enumerate(new, len(known))]
            try:
                with page.begin_nested():
                    page.add_all(rows)
            except IntegrityError:
                # Another collector was first just now: what it has written is known in the next round.
                continue
            return known + new
    return every(notebook, project)


def _places(page: Session, project: str) -> list[str]:
    of_project = select(ServiceColour.service).where(ServiceColour.project == project)
    return list(page.scalars(of_project.order_by(ServiceColour.place)))
