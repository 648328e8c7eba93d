"""`/api/v1/keys`: an admin's keys of the own project."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.access import Grant
from spanwise_collector.api.models import Answer, described
from spanwise_collector.errors import NotFound, excerpt
from spanwise_collector.notebook import Notebook, keys
from spanwise_collector.notebook.keys import KeyRecord, Scope


class KeyWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    name: str = Field(default="", max_length=200, description="What it is for.")


class KeyInfo(Answer):
    id: str
    name: str
    project: str
    scopes: list[Scope]
    created_unix_nano: int
    last_used_unix_nano: int | None = Field(description="Written down once a minute at most.")
    revoked_unix_nano: int | None


class KeyMade(KeyInfo):
    key: str = Field(description="The key itself: it is shown this once.")


class KeyList(Answer):
    keys: list[KeyInfo]


def router(notebook: Notebook, changed: Callable[[], None], grant_of: Callable[[Request], Grant]) -> APIRouter:
    """`changed` is called after a key was made or revoked."""
    made = APIRouter(prefix="/api/v1/keys", tags=["keys"], responses=described(400, 401, 403, 404, 422, 503))

    @made.get("")
    def list_keys(request: Request) -> KeyList:
        """Every key of the project, the revoked ones too."""
        project = grant_of(request).project
        return KeyList(keys=[KeyInfo(**_shown(each)) for each in keys.every(notebook) if each.project == project])

    @made.post("", status_code=201)
    def create_key(wanted: KeyWanted, request: Request) -> KeyMade:
        """A new key of the project. From the first one on, nothing is answered without a key."""
        grant = grant_of(request)
        record, token = keys.create(notebook, frozenset(wanted.scopes), grant.project, wanted.name, actor=grant.actor)
        changed()
        return KeyMade(**_shown(record), key=token)

    @made.delete("/{key_id}")
    def revoke_key(key_id: str, request: Request) -> KeyInfo:
        """Let a key of the project open nothing any more."""
        grant = grant_of(request)
        if not any(each.id == key_id and each.project == grant.project for each in keys.every(notebook)):
            raise NotFound(f"There is no key {excerpt(key_id, 40)}.")
        record = keys.revoke(notebook, key_id, actor=grant.actor)
        changed()
        return KeyInfo(**_shown(record))

    return made


def _shown(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "project": record.project,
        "scopes": sorted(record.scopes),
        "created_unix_nano": record.created,
        "last_used_unix_nano": record.last_used,
        "revoked_unix_nano": record.revoked,
    }
