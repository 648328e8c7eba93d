"""Keys: made, listed and revoked. The secret is shown when it is made, and nobody can find it again."""

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update

from spanwise_collector.errors import InvalidParameter, NotFound, excerpt
from spanwise_collector.notebook import acts
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Key

DEFAULT_PROJECT = "default"
_PREFIX = "spw"
_TOKEN = re.compile(r"spw_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Scope(StrEnum):
    """What a key allows: to send telemetry, to ask for it, or both and all that is destructive."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key; `digest` is the SHA-256 of the whole of it."""

    id: str
    digest: bytes
    name: str
    project: str
    scopes: frozenset[Scope]
    created: int
    last_used: int | None
    revoked: int | None

    def __repr__(self) -> str:
        return f"KeyRecord({self.id})"


def digest_of(token: str) -> bytes:
    """What is kept of a key."""
    # JSON can write what UTF-8 cannot: no key, and no fault of ours.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def id_of(token: str) -> str | None:
    """The public part of a key; None for what is none."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Raises InvalidParameter for an unknown scope, and for none at all."""
    given = [name.strip() for each in names for name in each.split(",") if name.strip()]
    unknown = sorted(set(given) - set(Scope))
    if unknown or not given:
        what = f"{excerpt(unknown[0], 40)!r} is no scope" if unknown else "No scope is given"
        raise InvalidParameter("scopes", f"{what}; expected {', '.join(Scope)}.")
    return frozenset(map(Scope, given))


def create(
    notebook: Notebook, scopes: frozenset[Scope], project: str = DEFAULT_PROJECT, name: str = "", *, actor: str
) -> tuple[KeyRecord, str]:
    """A new key, and its secret, which is not kept. Raises InvalidParameter for what cannot name a project."""
    if not _PROJECT.fullmatch(project):
        raise InvalidParameter(
            "project",
            f"{excerpt(project, 80)!r} cannot be a project: lower-case letters, digits, '.', '_' and '-', at most 63.",
        )
    id_ = secrets.token_hex(4)
    token = f"{_PREFIX}_{id_}_{secrets.token_urlsafe(32)}"
    row = Key(
        id=id_,
        digest=digest_of(token),
        name=excerpt(name, 200),
        project=project,
        scopes=",".join(sorted(scopes)),
        created=time.time_ns(),
        last_used=None,
        revoked=None,
    )
    with notebook.page() as page:
        page.add(row)
        acts.note(page, actor, project, "create key", f"{id_} ({row.scopes}) {row.name}".rstrip())
    return _record(row), token


def every(notebook: Notebook) -> list[KeyRecord]:
    """Every key that was ever made, the revoked ones too, the oldest first."""
    with notebook.page() as page:
        return [_record(row) for row in page.scalars(select(Key).order_by(Key.created, Key.id))]


def revoke(notebook: Notebook, id_: str, *, actor: str) -> KeyRecord:
    """Let a key open nothing any more; once revoked it stays so. Raises NotFound where there is none."""
    with notebook.page() as page:
        row = page.get(Key, id_)
        if row is None:
            raise NotFound(f"There is no key {excerpt(id_, 40)}. See `spanwise keys list`.")
        if row.revoked is None:
            row.revoked = time.time_ns()
            acts.note(page, actor, row.project, "revoke key", id_)
        return _record(row)


def note_use(notebook: Notebook, used: Mapping[str, int]) -> None:
    """Write down when keys were last used, by id."""
    with notebook.page() as page:
        for id_, when in used.items():
            page.execute(update(Key).where(Key.id == id_).values(last_used=when))


def _record(row: Key) -> KeyRecord:
    scopes = frozenset(map(Scope, row.scopes.split(",")))
    return KeyRecord(row.id, row.digest, row.name, row.project, scopes, row.created, row.last_used, row.revoked)
