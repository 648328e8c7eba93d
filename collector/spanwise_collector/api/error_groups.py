"""Groups of errors, below /api/v1: their list, one of them, what people say of them, and a page without a script."""

import time
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.access import Grant
from spanwise_collector.api import error_page, page, present
from spanwise_collector.api.error_models import ErrorGroup, ErrorList, details, summary
from spanwise_collector.api.models import described
from spanwise_collector.api.parameters import Cursor, QueryText, Text, TimeRange, read, without_groups
from spanwise_collector.errors import InvalidParameter, InvalidQuery
from spanwise_collector.model.error_state import State, Until
from spanwise_collector.notebook import Notebook, error_states
from spanwise_collector.query import error_group, errors
from spanwise_collector.query.error_forms import Forms
from spanwise_collector.query.error_group import STEPS
from spanwise_collector.query.errors import ErrorSearch
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.query.occurrences import Occurrences
from spanwise_collector.query.patterns import Range
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE

_DAY: Final = 86_400_000_000_000
_SIGNALS: Final[tuple[Signal, ...]] = ("spans", "logs")
Fingerprint = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hex digits.")]


class ErrorRange(TimeRange):
    """The last 24 hours where nothing is said, widened to whole minutes."""

    def within(self) -> Range:
        """The minutes that are meant; raises InvalidParameter."""
        now = time.time_ns()
        end = parse_time(self.end, "end", now) if self.end is not None else now
        start = parse_time(self.start, "start", now) if self.start is not None else max(0, end - _DAY)
        if end <= start:
            raise InvalidParameter("end", "`end` is not after `start`: the time range is empty.")
        return Range.around(start, end)


class ErrorQuery(ErrorRange):
    q: QueryText = Field(
        default=None,
        description="In the search language: only errors of spans and log records for which it holds; of one of the two"
        " where it asks for what the other does not have.",
    )
    service: Text | None = None
    state: State | None = Field(default=None, description="All of them where it is left out.")
    new: bool = Field(default=False, description="Only those that were first seen in the 24 hours before `end`.")
    regressed: bool = Field(default=False, description="Only those that came again after they were muted or resolved.")
    sort: errors.Sort = Field(default="count", description="The most, or the newest, first.")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str, limits: Limits, notebook: Notebook) -> ErrorSearch:
        """The search that is asked for; raises InvalidParameter and InvalidQuery."""
        within = self.within()
        asked = Occurrences(project, within, self.service, _where(self.q, limits))
        return ErrorSearch(
            asked,
            error_states.every(notebook, project),
            self.state,
            max(0, within.last * MINUTE - _DAY) if self.new else None,
            self.regressed,
            self.sort,
            self.limit,
            self.cursor,
        )


class StateWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: State
    until: Literal["again", "newer_version", "never"] | None = Field(
        default=None,
        description="What reopens it: that it comes `again`, as a resolved error does by itself; that it comes in a"
        " version in which it had not been seen (`newer_version`); or nothing (`never`), as of a muted error.",
    )

    def ends(self) -> Until:
        """What reopens it; raises InvalidParameter for what makes no sense."""
        usual: dict[State, Until] = {"open": "never", "muted": "never", "resolved": "again"}
        until = self.until or usual[self.state]
        if (self.state, until) in {("muted", "again"), ("resolved", "never")}:
            raise InvalidParameter("until", f"An error cannot be {self.state} until {until}: give another `until`.")
        return "never" if self.state == "open" else until


def router(
    engine: Engine,
    notebook: Notebook,
    project_of: Callable[[Request], str],
    grant_of: Callable[[Request], Grant],
    limits: Limits,
) -> APIRouter:
    """The routes over one engine, and the notebook that holds the states."""
    made = APIRouter(prefix="/api/v1/errors", tags=["errors"], responses=described(400, 401, 403, 422, 503))
    Project = Annotated[str, Depends(project_of)]
    forms = Forms(engine)

    def load(project: str, fingerprint: str, within: Range) -> error_group.Group:
        judged = error_states.every(notebook, project).get(fingerprint)
        return error_group.load(engine, forms, Occurrences(project, within), fingerprint, judged)

    def shown(project: str, fingerprint: str, within: Range) -> ErrorGroup:
        group = load(project, fingerprint, within)
        return details(group, within, error_group.log_records(engine, project, group))

    @made.get("")
    def list_errors(query: Annotated[ErrorQuery, Query()], project: Project) -> ErrorList:
        """Exceptions of spans and log records, and spans that failed without one, in groups."""
        search = query.search(project, limits, notebook)
        found = errors.search(engine, forms, search)
        within = search.asked.within
        return ErrorList(
            errors=[summary(each) for each in found.items],
            start_unix_nano=within.first * MINUTE,
            end_unix_nano=within.last * MINUTE,
            step=within.step(STEPS) * MINUTE,
            **present.coverage(found),
        )

    @made.get("/{fingerprint}.html", response_class=Response, responses=page.HTML | described(404))
    def get_error_page(fingerprint: Fingerprint, query: Annotated[ErrorRange, Query()], project: Project) -> Response:
        """One group as a page that needs no script."""
        return page.answer(error_page.html(shown(project, fingerprint, query.within())))

    @made.get("/{fingerprint}", responses=described(404))
    def get_error(fingerprint: Fingerprint, query: Annotated[ErrorRange, Query()], project: Project) -> ErrorGroup:
        """One group: its stack trace, when and in which services and versions it came, and what was logged there."""
        return shown(project, fingerprint, query.within())

    @made.patch("/{fingerprint}", responses=described(404))
    def set_state(fingerprint: Fingerprint, wanted: StateWanted, request: Request) -> ErrorGroup:
        """Mute, resolve or open a group; who did it is written down."""
        grant, until, within = grant_of(request), wanted.ends(), ErrorRange().within()
        group = load(grant.project, fingerprint, within)
        seen = group.last_seen_in
        error_states.judge(
            notebook, grant.project, fingerprint, wanted.state, until, group.last_seen, seen, grant.actor
        )
        return shown(grant.project, fingerprint, within)

    return made


def _where(q: str | None, limits: Limits) -> dict[Signal, Node]:
    """A `q` as conditions on those signals that know what it asks for; raises InvalidQuery where none does."""
    if q is None:
        return {}
    found: dict[Signal, Node] = {}
    refusals: list[InvalidQuery] = []
    for signal in _SIGNALS:
        try:
            found[signal] = without_groups(read(q, signal, limits))
        except InvalidQuery as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0]
    return found
