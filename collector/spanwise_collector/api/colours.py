"""`/api/v1/colours`: which service has which colour, the same for everybody who looks at a project."""

import datetime
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer, described
from spanwise_collector.errors import QueryLimit
from spanwise_collector.notebook import Notebook, colours
from spanwise_collector.query.service_names import service_names
from spanwise_collector.store import Engine

_WAITS: Final = datetime.timedelta(days=1)
"""So long what was received may wait for the store before it is looked for, and longer only where it is away."""


class ColourList(Answer):
    services: list[str] = Field(
        description="In the order in which they were first seen here, which never changes: of ten colours the first ten"
        " services have one each, then the next ten. At most 1,000: then new ones take the places of services of which"
        " nothing is stored, and others have no place of their own."
    )


def router(engine: Engine, notebook: Notebook, project_of: Callable[[Request], str]) -> APIRouter:
    """The route over one store and one notebook."""
    made = APIRouter(prefix="/api/v1", tags=["services"], responses=described(401, 403, 422, 503))
    looked = dict[str, datetime.date]()
    searched = dict[str, datetime.date]()

    @made.get("/colours")
    def list_colours(project: Annotated[str, Depends(project_of)]) -> ColourList:
        """The services of the project by their colours; those that are new are given the next."""
        known, today = colours.every(notebook, project), _today()
        if len(known) < colours.MOST:
            try:
                # Of this collector the first look is at all that is stored: nobody may have looked for long.
                seen = service_names(engine, project, _since(looked.get(project)))
            except QueryLimit:
                seen = service_names(engine, project, _since(today))
            if not seen <= set(known):
                known = colours.give(notebook, project, seen)
            looked[project] = today
        elif searched.get(project) != today:
            # Whose place is free is only known from all that is stored: once a day.
            searched[project] = today
            stored = service_names(engine, project)
            if not stored <= set(known):
                known = colours.give(notebook, project, stored, stored)
        return ColourList(services=known)

    return made


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _since(looked: datetime.date | None) -> int:
    return 0 if looked is None else int((looked - _WAITS).strftime("%Y%m%d"))
