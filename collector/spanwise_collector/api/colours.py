"""`/api/v1/colours`: which service has which colour, the same for everybody who looks at a project."""

import datetime
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer, described
from spanwise_collector.notebook import Notebook, colours
from spanwise_collector.query.service_names import service_names
from spanwise_collector.store import Engine

_LOOKED_BACK: Final = datetime.timedelta(days=1)
"""Received longer ago are services that had their colour by then, or that nobody has looked at since."""


class ColourList(Answer):
    services: list[str] = Field(
        description="In the order in which they were first seen here, which never changes: of ten colours the first ten"
        " services have one each, then the next ten. At most 1,000; others have no place of their own."
    )


def router(engine: Engine, notebook: Notebook, project_of: Callable[[Request], str]) -> APIRouter:
    """The route over one store and one notebook."""
    made = APIRouter(prefix="/api/v1", tags=["services"], responses=described(401, 403, 503))

    @made.get("/colours")
    def list_colours(project: Annotated[str, Depends(project_of)]) -> ColourList:
        """The services of the project by their colours; those that are new are given the next."""
        known = colours.every(notebook, project)
        if len(known) < colours.MOST:
            seen = service_names(engine, project, _since() if known else 0)
            if not seen <= set(known):
                known = colours.give(notebook, project, seen)
        return ColourList(services=known)

    return made


def _since() -> int:
    day = datetime.datetime.now(datetime.UTC) - _LOOKED_BACK
    return int(day.strftime("%Y%m%d"))
