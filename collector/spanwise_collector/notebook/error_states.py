"""Which groups of errors were muted or resolved, by whom and until when."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Final, cast

from sqlalchemy import select

from spanwise_collector.model.error_state import Judged, State, Until
from spanwise_collector.notebook import acts
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import ErrorState

_ACTS: Final[Mapping[State, str]] = {"open": "open error", "muted": "mute error", "resolved": "resolve error"}
_MAX_TIME: Final = (1 << 63) - 1


def every(notebook: Notebook, project: str) -> dict[str, Judged]:
    """All of a project, by fingerprint."""
    with notebook.page() as page:
        rows = page.scalars(select(ErrorState).where(ErrorState.project == project))
        return {row.fingerprint: _judged(row) for row in rows}


def judge(  # noqa: PLR0913, PLR0917 - what is said, of what, and by whom
    notebook: Notebook,
    project: str,
    fingerprint: str,
    state: State,
    until: Until,
    last_seen: int,
    versions: Iterable[str],
    actor: str,
) -> Judged:
    """Write a state down in the place of the one before; the group was `last_seen` (ns) until now, in `versions`."""
    now = time.time_ns()
    # A sender whose clock is ahead has dated what is already there after now.
    made = Judged(state, until, now, max(now, min(last_seen, _MAX_TIME)), frozenset(versions), actor)
    with notebook.page() as page:
        row = page.get(ErrorState, (project, fingerprint))
        if row is None:
            row = ErrorState(project=project, fingerprint=fingerprint)
            page.add(row)
        row.state, row.until, row.changed, row.after, row.actor = state, until, made.changed, made.after, actor
        # As JSON, which is ASCII: PostgreSQL's text holds no NUL, and a version that was sent may.
        row.versions = json.dumps(sorted(made.versions))
        acts.note(page, actor, project, _ACTS[state], f"{fingerprint} until {until}")
    return made


def _judged(row: ErrorState) -> Judged:
    state, until = cast(State, row.state), cast(Until, row.until)
    return Judged(state, until, row.changed, row.after, frozenset(json.loads(row.versions)), row.actor)
