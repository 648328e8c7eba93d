"""What an operator asks of a running collector: deletions and backups."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from spanwise_collector.access import Grant
from spanwise_collector.api import models
from spanwise_collector.api.parameters import parse_trace_id
from spanwise_collector.errors import InvalidParameter, PermissionDenied
from spanwise_collector.model.erasure import ALWAYS, Erasure, ErasureState
from spanwise_collector.notebook.keys import DEFAULT_PROJECT
from spanwise_collector.query.times import parse_time


class DeleteWish(BaseModel):
    """Either `trace_id`, or `key` and `value` of an attribute; the key `service` is the service's name."""

    model_config = ConfigDict(extra="forbid")

    trace_id: str | None = None
    key: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    value: Annotated[str, Field(max_length=1 << 20)] | None = None
    after: str | None = Field(None, description="Only what happened at this time or later.")
    before: str | None = Field(None, description="Only what happened before this time.")
    dry_run: bool = Field(False, description="Only count what is stored.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "DeleteWish":
        if (self.trace_id is None) == (self.key is None) or (self.key is None) != (self.value is None):
            raise ValueError("give either `trace_id`, or `key` and `value`")
        return self


class Deletion(BaseModel):
    """How far a deletion has come; `rows` by table, `segments` rewritten among what the store had refused."""

    id: str
    state: Literal["counted", "waiting", "erasing", "done"]
    step: str
    error: str | None
    rows: dict[str, int]
    segments: int


class BackupWish(BaseModel):
    """`path` is a new folder below the setting `backup_dir`."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(min_length=1, max_length=1000)]


class Backup(BaseModel):
    """How far a backup has come; it is whole only when `state` is done."""

    id: str
    path: str
    state: Literal["running", "done", "failed"]
    error: str | None
    files: int
    bytes: int


class Erasures(Protocol):
    def count(self, erasure: Erasure) -> dict[str, int]: ...
    def ask(self, erasure: Erasure, who: str) -> ErasureState: ...
    def state(self, name: str, project: str) -> ErasureState: ...


class BackupState(Protocol):
    id: str
    path: str
    state: Literal["running", "done", "failed"]
    error: str
    files: int
    bytes: int


class Backups(Protocol):
    def ask(self, wanted: str, who: str, project: str) -> Any: ...
    def state(self, name: str) -> Any: ...


def router(
    erasures: Erasures, backups: Backups, clock: Callable[[], int], grant_of: Callable[[Request], Grant]
) -> APIRouter:
    """The routes below /api/v1/admin: deletions in the project of the key, and backups of all projects."""
    codes = (400, 403, 404, 422, 503)
    failures: dict[int | str, dict[str, Any]] = {code: {"model": models.ErrorAnswer} for code in codes}
    made = APIRouter(prefix="/api/v1/admin", tags=["admin"], responses=failures)
    Asking = Annotated[Grant, Depends(grant_of)]
    # A backup holds every project, so it is not for the admin of one.
    Operator = Annotated[Grant, Depends(_operator(grant_of))]

    @made.post("/delete", status_code=202)
    def post_delete(wish: DeleteWish, asking: Asking) -> Deletion:
        """Delete for good what has arrived in the key's project until now, wherever it lies; it outlives a restart."""
        return delete(erasures, wish, asking.project, clock(), asking.actor)

    @made.get("/delete/{name}")
    def get_delete(name: str, asking: Asking) -> Deletion:
        """How far a deletion has come."""
        return deletion(erasures.state(name, asking.project))

    @made.post("/backup", status_code=202)
    def post_backup(wish: BackupWish, asking: Operator) -> Backup:
        """Copy all that was acknowledged until now into a new folder on the collector's disk; for project `default`."""
        return _backup(backups.ask(wish.path, asking.actor, asking.project))

    @made.get("/backup/{name}")
    def get_backup(name: str, asking: Operator) -> Backup:
        """How far a backup has come."""
        return _backup(backups.state(name))

    return made


def delete(erasures: Erasures, wish: DeleteWish, project: str, now: int, who: str) -> Deletion:
    """Count or begin a deletion of what arrived until `now`; raises InvalidParameter."""
    erasure = _erasure(wish, project, now)
    if wish.dry_run:
        return Deletion(id="", state="counted", step="", error=None, rows=erasures.count(erasure), segments=0)
    return deletion(erasures.ask(erasure, who))


def _erasure(wish: DeleteWish, project: str, now: int) -> Erasure:
    start = parse_time(wish.after, "after", now) if wish.after else 0
    end = parse_time(wish.before, "before", now) if wish.before else ALWAYS
    if start >= end:
        raise InvalidParameter("before", "`before` must be later than `after`.")
    trace_id = parse_trace_id(wish.trace_id) if wish.trace_id is not None else ""
    return Erasure(project, now, trace_id, wish.key or "", wish.value or "", start, end)


def _operator(grant_of: Callable[[Request], Grant]) -> Callable[[Request], Grant]:
    def operator(request: Request) -> Grant:
        grant = grant_of(request)
        if grant.project != DEFAULT_PROJECT:
            raise PermissionDenied(
                f"A backup holds all projects: it needs an admin key of the project {DEFAULT_PROJECT}."
            )
        return grant

    return operator


def deletion(state: ErasureState) -> Deletion:
    """How far a deletion has come."""
    return Deletion(
        id=state.id,
        state=state.state,
        step=state.step,
        error=state.error or None,
        rows=dict(state.counts),
        segments=state.segments,
    )


def _backup(state: BackupState) -> Backup:
    return Backup(
        id=state.id,
        path=state.path,
        state=state.state,
        error=state.error or None,
        files=state.files,
        bytes=state.bytes,
    )
