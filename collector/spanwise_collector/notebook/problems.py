"""What is and was broken: one row a cause, from its first sight to its end, and whether people have muted it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from spanwise_collector.errors import NotFound
from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import Problem

MINUTE: Final = 60_000_000_000
OVER_AFTER: Final = 3 * MINUTE
"""A problem that was not seen for so long is over."""

SAME_WITHIN: Final = 15 * MINUTE
"""A problem that is seen again within so long after its end goes on: what flaps is one row."""

KEPT_FOR: Final = 30 * 24 * 60 * MINUTE
_CLAIMS: Final = 8
_SERVICES: Final = 50
_LIST: Final = 8000
"""Characters of JSON that the columns of lists hold."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A problem as it looks at one moment. Times in ns; `services` are those that its requests pass through."""

    service: str
    instance: str
    operation: str
    kind: str
    sentence: str
    claims: tuple[str, ...]
    score: float
    onset: int
    services: tuple[str, ...]
    traces_per_minute: float
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A problem with its history. `ended` is None while it goes on, `muted` while nobody has muted it."""

    id: int
    seen: Seen
    last_seen: int
    ended: int | None
    muted: int | None
    mute_note: str


def note(notebook: Notebook, project: str, seen: Sequence[Seen], now: int) -> None:
    """Write down what is broken `now`: known problems go on, new ones begin, those long unseen end, old ones go."""
    with notebook.page() as page:
        recent = select(Problem).where(
            Problem.project == project, or_(Problem.ended.is_(None), Problem.ended >= now - SAME_WITHIN)
        )
        known = {row.service: row for row in page.scalars(recent.order_by(Problem.last_seen, Problem.id))}
        for each in seen:
            row = known.get(_text(each.service, 255))
            if row is None:
                page.add(Problem(project=project, mute_note="", last_seen=now, **_columns(each)))
            else:
                _go_on(row, each, now)
        _end(page, project, now)


def _go_on(row: Problem, seen: Seen, now: int) -> None:
    columns = _columns(seen)
    columns["onset"] = min(row.onset, seen.onset)
    if seen.score < row.score and row.ended is None:
        # What it looked like at its worst says most about it; how far it reaches is of now.
        columns = {key: columns[key] for key in ("onset", "traces_per_minute")}
    for key, value in columns.items():
        setattr(row, key, value)
    row.last_seen, row.ended = now, None


def _end(page: Session, project: str, now: int) -> None:
    unseen = select(Problem).where(
        Problem.project == project, Problem.ended.is_(None), Problem.last_seen <= now - OVER_AFTER
    )
    for row in page.scalars(unseen):
        row.ended = row.last_seen
    page.execute(delete(Problem).where(Problem.ended < now - KEPT_FOR))


def every(
    notebook: Notebook, project: str, *, start: int, end: int, open_only: bool, limit: int
) -> tuple[list[Kept], int]:
    """Problems that went on at any time from `start` to `end` (exclusive), and how many there are.

    Those that go on come first, the surest of them first; then the others, the last one first.
    """
    wanted = [Problem.project == project, Problem.onset < end, or_(Problem.ended.is_(None), Problem.ended >= start)]
    if open_only:
        wanted.append(Problem.ended.is_(None))
    query: Select[Any] = select(Problem).where(*wanted)
    order = (Problem.ended.is_not(None), Problem.ended.desc(), Problem.score.desc(), Problem.id)
    with notebook.page() as page:
        total = page.scalar(select(func.count()).select_from(Problem).where(*wanted)) or 0
        return [_kept(row) for row in page.scalars(query.order_by(*order).limit(limit))], total


def troubled(notebook: Notebook, project: str, start: int, end: int) -> list[tuple[int, int]]:
    """When anything was broken between two times, as (from, until)."""
    wanted = [Problem.project == project, Problem.onset < end, or_(Problem.ended.is_(None), Problem.ended >= start)]
    with notebook.page() as page:
        found = page.execute(select(Problem.onset, Problem.ended).where(*wanted)).all()
    return sorted((onset, end if ended is None else ended) for onset, ended in found)


def with_open(notebook: Notebook) -> list[str]:
    """Projects in which something is broken."""
    with notebook.page() as page:
        return sorted(page.scalars(select(Problem.project).where(Problem.ended.is_(None)).distinct()))


def mute(notebook: Notebook, project: str, problem_id: int, now: int | None, remark: str) -> Kept:
    """Mute a problem at `now`, or with None let it be heard again. Raises NotFound."""
    with notebook.page() as page:
        row = page.get(Problem, problem_id)
        if row is None or row.project != project:
            raise NotFound(f"There is no problem {problem_id}.")
        row.muted, row.mute_note = now, remark
        return _kept(row)


def _columns(seen: Seen) -> dict[str, Any]:
    return {
        "service": _text(seen.service, 255),
        "instance": _text(seen.instance, 255),
        "operation": _text(seen.operation, 255),
        "kind": seen.kind,
        "sentence": _text(seen.sentence, 2000),
        "claims": _listed(seen.claims, _CLAIMS, 500),
        "score": seen.score,
        "onset": seen.onset,
        "services": _listed(seen.services, _SERVICES, 255),
        "traces_per_minute": seen.traces_per_minute,
        "trace_id": seen.trace_id,
        "span_id": seen.span_id,
    }


def _listed(texts: Sequence[str], most: int, longest: int) -> str:
    """A list as JSON: each once, so many of so many characters at most, and only as many as the column holds."""
    found: list[str] = []
    for text in dict.fromkeys(_text(each, longest) for each in texts):
        if len(found) == most or len(json.dumps([*found, text], ensure_ascii=False)) > _LIST:
            break
        found.append(text)
    return json.dumps(found, ensure_ascii=False)


def _text(text: str, most: int) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\0", "")[:most]


def _kept(row: Problem) -> Kept:
    seen = Seen(
        row.service,
        row.instance,
        row.operation,
        row.kind,
        row.sentence,
        tuple(json.loads(row.claims)),
        row.score,
        row.onset,
        tuple(json.loads(row.services)),
        row.traces_per_minute,
        row.trace_id,
        row.span_id,
    )
    return Kept(row.id, seen, row.last_seen, row.ended, row.muted, row.mute_note)
