"""Which scope a path asks for: the one table, in which every route has its row."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from spanwise_collector.notebook.keys import Scope


class Tongue(StrEnum):
    """How a refusal is said there."""

    OTLP = "otlp"
    PLAIN = "plain"
    API = "api"


@dataclass(frozen=True, slots=True)
class Door:
    """What a path and all below it ask for; `scope` None is open to all.

    `probe` answers under every name; a row with `only` is for that method, and others go by a shorter path.
    """

    path: str
    scope: Scope | None
    tongue: Tongue = Tongue.API
    probe: bool = False
    only: str | None = None

    @property
    def ingest(self) -> bool:
        """Whether telemetry comes in here."""
        return self.scope is Scope.INGEST and self.tongue is not Tongue.API


# The longest path that fits decides.
DOORS: Final = (
    Door("/v1", Scope.INGEST, Tongue.OTLP),
    Door("/v1/lines", Scope.INGEST, Tongue.PLAIN),
    Door("/api/v1/spans", Scope.INGEST, Tongue.PLAIN, only="POST"),
    Door("/api/v2", Scope.INGEST, Tongue.PLAIN),
    Door("/api/traces", Scope.INGEST, Tongue.PLAIN),
    Door("/loki", Scope.INGEST, Tongue.PLAIN),
    Door("/api", Scope.ADMIN),
    Door("/api/v1", Scope.READ),
    # Asked by those who send.
    Door("/api/v1/sampling", Scope.INGEST),
    Door("/api/v1/import", Scope.INGEST),
    Door("/api/v1/admin", Scope.ADMIN),
    Door("/api/v1/keys", Scope.ADMIN),
    Door("/api/v1/acts", Scope.ADMIN),
    Door("/api/v1/session", None),
    Door("/metrics", Scope.READ),
    Door("/healthz", None, probe=True),
    Door("/readyz", None, probe=True),
    Door("/openapi.json", None),
)
# The web view is every other path, and only to be read.
WEB: Final = Door("", None)
ELSE: Final = Door("", Scope.ADMIN)
READING: Final = frozenset({"GET", "HEAD"})

# The server decodes a path once, and nobody after it; a path of 64 KiB could ask for thirty thousand times.
_DECODINGS: Final = 3
_BY_LENGTH = sorted(DOORS, key=lambda door: len(door.path), reverse=True)
_SLASHES = re.compile(r"/{2,}|\\+")


def door_of(path: str, method: str) -> Door:
    """The row of a path as it stands."""
    fitting = (
        door
        for door in _BY_LENGTH
        if (path == door.path or path.startswith(f"{door.path}/")) and door.only in (None, method)
    )
    return next(fitting, WEB if method in READING else ELSE)


def canonical(path: str) -> str:
    """What a path may be taken for: decoded again, in lower case, without `//`, `.` and `..`."""
    for _ in range(_DECODINGS):
        path = unquote(path)
    parts: list[str] = []
    for part in _SLASHES.sub("/", path.lower()).split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)
