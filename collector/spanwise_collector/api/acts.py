"""`/api/v1/acts`: what was done with the rights of an admin in the own project."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.access import Grant
from spanwise_collector.api.models import Answer, Listing, described
from spanwise_collector.api.parameters import Cursor
from spanwise_collector.notebook import Notebook, acts
from spanwise_collector.query.page import decode_cursor, encode_cursor

_ORDER = "acts"


class ActQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Cursor = None


class Act(Answer):
    time_unix_nano: int
    actor: str = Field(
        description="`key` and its id, `terminal`, `collector`, or `anyone` where there was no key to ask for."
    )
    act: str = Field(description="What was done, such as `create key` or `ask for deletion`.")
    subject: str = Field(description="To what; never the value that was deleted.")


class ActList(Listing):
    acts: list[Act] = Field(description="The newest first.")


def router(notebook: Notebook, grant_of: Callable[[Request], Grant]) -> APIRouter:
    """The route over one notebook."""
    made = APIRouter(prefix="/api/v1", tags=["acts"], responses=described(400, 401, 403, 422, 503))

    @made.get("/acts")
    def list_acts(query: Annotated[ActQuery, Query()], request: Request) -> ActList:
        """Keys made and revoked, deletions and backups asked for and done: who, when and what. Nothing changes them."""
        before = None if query.cursor is None else min(decode_cursor(query.cursor, _ORDER, int)[0], (1 << 63) - 1)
        project = grant_of(request).project
        found = acts.newest(notebook, query.limit + 1, project, before)
        page = found[: query.limit]
        more = len(found) > query.limit
        return ActList(
            acts=[Act(time_unix_nano=each.time, actor=each.actor, act=each.act, subject=each.subject) for each in page],
            returned=len(page),
            total=acts.count(notebook, project),
            total_relation="eq",
            reason="limit" if more else "end",
            next_cursor=encode_cursor(_ORDER, page[-1].id) if more else None,
        )

    return made
