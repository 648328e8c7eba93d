"""`/api/v1/session`: a browser shows a key once, and holds a cookie afterwards that no script can read."""

from typing import Annotated

from fastapi import APIRouter, Cookie
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from spanwise_collector.access import Grant, Keyring, Sessions
from spanwise_collector.access.sessions import COOKIE
from spanwise_collector.api.models import Answer, described

_Cookie = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]


class KeyShown(BaseModel):
    model_config = ConfigDict(extra="ignore")

    key: str = Field(description="A key with the scope read.")


class SessionInfo(Answer):
    required: bool = Field(description="Whether the collector asks for a key.")
    open: bool = Field(description="Whether this browser has shown one.")
    project: str | None = None
    scopes: list[str] | None = None


def router(keyring: Keyring, sessions: Sessions, seconds: float) -> APIRouter:
    """`seconds` is how long a browser keeps its cookie."""
    made = APIRouter(prefix="/api/v1/session", tags=["keys"], responses=described(400, 401, 403, 422))

    @made.get("")
    def get_session(cookie: _Cookie = None) -> SessionInfo:
        """Whether a key is required, and whether this browser has shown one."""
        return _info(keyring, sessions.grant(cookie) if cookie else None)

    @made.post("")
    def open_session(shown: KeyShown, request: Request, response: Response) -> SessionInfo:
        """Exchange a key for a cookie."""
        cookie, grant = sessions.open(shown.key)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=int(seconds),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return _info(keyring, grant)

    @made.delete("")
    def close_session(response: Response, cookie: _Cookie = None) -> SessionInfo:
        """Log out."""
        if cookie:
            sessions.close(cookie)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return _info(keyring, None)

    return made


def _info(keyring: Keyring, grant: Grant | None) -> SessionInfo:
    if grant is None:
        return SessionInfo(required=keyring.required, open=False)
    return SessionInfo(required=keyring.required, open=True, project=grant.project, scopes=sorted(grant.scopes))
