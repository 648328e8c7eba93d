"""What people write down beside their telemetry: `/api/v1/views`, `/api/v1/links` and `/api/v1/deploys`."""

import time
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer, described
from spanwise_collector.api.parameters import Text, TimeRange
from spanwise_collector.notebook import Notebook, deploys, links, views
from spanwise_collector.query.times import parse_time

# PostgreSQL's text holds no NUL.
_NO_NUL = r"^[^\x00]*$"
_MAX_TIME = (1 << 63) - 1
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]


LinkHash = Annotated[str, Path(alias="hash", pattern="^[A-Za-z0-9_-]{22}$")]
Screen = Literal["traces", "logs", "services", "diagnosis", "metrics", "compare"]


class ViewWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    screen: Screen = Field(description="Its page.")
    name: Line
    query: str = Field(max_length=8000, pattern=_NO_NUL, description="What stands after `?` in the page's address.")


class View(Answer):
    id: int
    screen: Screen
    name: str
    query: str
    created_unix_nano: int


class ViewList(Answer):
    views: list[View]


class LinkWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        min_length=1, max_length=links.LONGEST, pattern=_NO_NUL, description="What stands after `?` in the address."
    )


class KeptLink(Answer):
    hash: str = Field(description="Its `s` in an address, which follows from the query alone.")


class LinkedQuery(Answer):
    query: str


class DeployWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Line
    version: Line
    time: str | int | None = Field(
        default=None, description="RFC 3339, nanoseconds since the epoch, or such as now-5m; now where left out."
    )
    note: str = Field(default="", max_length=2000, pattern=_NO_NUL)


class DeployQuery(TimeRange):
    service: Text | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class Deploy(Answer):
    id: int
    service: str
    version: str
    time_unix_nano: int
    note: str


class DeployList(Answer):
    deploys: list[Deploy] = Field(description="The newest first.")


def router(notebook: Notebook, project_of: Callable[[Request], str]) -> APIRouter:
    """The routes over one notebook."""
    made = APIRouter(prefix="/api/v1", responses=described(400, 401, 403, 422, 503))
    Project = Annotated[str, Depends(project_of)]

    @made.get("/views", tags=["views"])
    def list_views(project: Project) -> ViewList:
        """Every saved question of the project, by screen and name."""
        return ViewList(views=[_view(each) for each in views.every(notebook, project)])

    @made.post("/views", tags=["views"], status_code=201)
    def save_view(wanted: ViewWanted, project: Project) -> View:
        """Save a question; one of the same screen and name is replaced. A project has 1,000 at most."""
        return _view(views.save(notebook, project, wanted.screen, wanted.name, wanted.query))

    @made.delete("/views/{view_id}", tags=["views"], status_code=204, responses=described(404))
    def remove_view(view_id: Annotated[int, Field(ge=1, lt=1 << 31)], project: Project) -> None:
        """Remove a saved question."""
        views.remove(notebook, project, view_id)

    @made.post("/links", tags=["views"], status_code=201)
    def keep_link(wanted: LinkWanted, project: Project) -> KeptLink:
        """Keep the query of an address that is too long for a link; the 500 that were used last are kept."""
        return KeptLink(hash=links.keep(notebook, project, wanted.query))

    @made.get("/links/{hash}", tags=["views"], responses=described(404))
    def get_link(hash_: LinkHash, project: Project) -> LinkedQuery:
        """What was kept under this name."""
        return LinkedQuery(query=links.query_of(notebook, project, hash_))

    @made.get("/deploys", tags=["deploys"])
    def list_deploys(query: Annotated[DeployQuery, Query()], project: Project) -> DeployList:
        """Which versions were put into use in the time range."""
        start, end = (min(each, _MAX_TIME) for each in query.bounds())
        found = deploys.between(notebook, project, start, end, query.service, query.limit)
        return DeployList(deploys=[_deploy(each) for each in found])

    @made.post("/deploys", tags=["deploys"], status_code=201)
    def add_deploy(wanted: DeployWanted, project: Project) -> Deploy:
        """Write down that a version of a service was put into use.

        Of a project the 10,000 that were written down last are kept.
        """
        now = time.time_ns()
        when = now if wanted.time is None else min(parse_time(str(wanted.time), "time", now), _MAX_TIME)
        return _deploy(deploys.add(notebook, project, wanted.service, wanted.version, when, wanted.note))

    return made


def _view(view: views.View) -> View:
    return View(
        id=view.id,
        screen=view.screen,  # type: ignore[arg-type]  # only such are saved
        name=view.name,
        query=view.query,
        created_unix_nano=view.created,
    )


def _deploy(deploy: deploys.Deployed) -> Deploy:
    return Deploy(
        id=deploy.id, service=deploy.service, version=deploy.version, time_unix_nano=deploy.time, note=deploy.note
    )
