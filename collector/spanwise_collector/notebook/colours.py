"""Which services have a colour, in the order in which they were given it (ADR-0037)."""

from collections.abc import Set
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from spanwise_collector.notebook.database import Notebook, one_at_a_time
from spanwise_collector.notebook.tables import ServiceColour

MOST: Final = 1000
"""So many services of a project have a place: colours repeat after ten, and names may be made up by senders."""
_LONGEST: Final = 255


def every(notebook: Notebook, project: str) -> list[str]:
    """The services of a project that have a colour, by their places: the first is at place 0."""
    with notebook.page() as page:
        return _places(page, project)


def give(notebook: Notebook, project: str, services: Set[str], stored: Set[str] | None = None) -> list[str]:
    """`every`, after the services without a colour were given the next places, by name.

    Where all are given they get those of services that are not among `stored`.
    """
    # PostgreSQL's text holds no NUL.
    wanted = {each for each in services if len(each) <= _LONGEST and "\0" not in each}
    with notebook.page() as page:
        # Collectors that give different services the same places would wait for each other.
        one_at_a_time(page, f"colours of {project}")
        known = _places(page, project)
        new = sorted(wanted.difference(known))
        gone = [] if stored is None else [at for at, name in enumerate(known) if name not in stored]
        given = list(zip([*range(len(known), MOST), *gone], new, strict=False))
        freed = ServiceColour.place.in_([at for at, _ in given if at < len(known)])
        page.execute(delete(ServiceColour).where(ServiceColour.project == project, freed))
        page.add_all([ServiceColour(project=project, service=name, place=at) for at, name in given])
        for at, name in given:
            known[at : at + 1] = [name]
        return known


def _places(page: Session, project: str) -> list[str]:
    of_project = select(ServiceColour.service).where(ServiceColour.project == project)
    return list(page.scalars(of_project.order_by(ServiceColour.place)))
