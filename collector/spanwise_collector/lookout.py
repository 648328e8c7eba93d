"""What is broken right now: a look at the last minutes once a minute, one at a time, while the collector runs."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Final

from spanwise_collector.errors import NotebookError, Refused, StoreError
from spanwise_collector.notebook import Notebook, problems
from spanwise_collector.notebook.problems import Seen
from spanwise_collector.query.diagnosis import Question, Window
from spanwise_collector.query.known import known
from spanwise_collector.query.problems import NOT_YET, Broken, Look, active, broken
from spanwise_collector.query.quiet import quiet_time
from spanwise_collector.settings import Settings
from spanwise_collector.store import Engine
from spanwise_collector.store.errand import Allowance, Errand, current

_log = logging.getLogger(__name__)
_SECOND: Final = 1_000_000_000
# What was acknowledged can be searched two seconds later, and services send every few seconds.
_LATE: Final = 5 * _SECOND


class Lookout:
    """Looks at every project that sends, and writes into the notebook what is broken there."""

    def __init__(self, engine: Engine, notebook: Notebook, settings: Settings) -> None:
        self._engine = engine
        self._notebook = notebook
        self._interval = settings.look_interval
        self._window = round(settings.look_window * _SECOND)
        # A look may take as long as one request may; memory is limited for every query alike.
        self._allowance = Allowance(settings.query_timeout, settings.query_rows, settings.query_memory)
        self._looks: dict[str, Look] = {}

    @property
    def interval(self) -> float:
        """Seconds between two looks; 0 where nobody looks."""
        return self._interval

    def last(self, project: str) -> Look:
        """The last look at a project."""
        return self._looks.get(project, NOT_YET)

    async def watch(self) -> None:
        """Look at intervals until cancelled; trouble is logged and tried again."""
        while self._interval:
            await asyncio.sleep(self._interval)
            await asyncio.to_thread(self.look, time.time_ns())

    def look(self, now: int) -> None:
        """Look at every project once."""
        try:
            sending = active(self._engine, now - self._window)
            for project in sorted({*sending, *problems.with_open(self._notebook)}):
                self.look_at(project, now, sends=project in sending)
        except (StoreError, NotebookError, Refused) as error:
            _log.warning("Nobody could look for what is broken: %.300s", error)

    def look_at(self, project: str, now: int, *, sends: bool = True) -> None:
        """Look at one project, and write down what is broken in it."""
        began = time.monotonic_ns()
        token = current.set(Errand(self._allowance))
        try:
            found = self._judged(project, now, sends=sends)
        except (StoreError, NotebookError, Refused) as error:
            _log.warning("Project %s could not be looked at for what is broken: %.300s", project, error)
            found = Look(now, "failed", error=str(error)[:300])
        finally:
            current.reset(token)
        self._looks[project] = replace(found, took=time.monotonic_ns() - began)

    def _judged(self, project: str, now: int, *, sends: bool) -> Look:
        if not sends:
            problems.note(self._notebook, project, [], now)
            return Look(now, "nothing came")
        asked = Window(now - _LATE - self._window, now - _LATE)
        written = known(self._notebook)
        baseline = Window(*quiet_time(written.troubled(project, 0, asked.start), asked.start))
        deploys = written.deploys(project, asked.start, asked.end)
        found, judged = broken(self._engine, project, Question(asked, baseline, deploys=deploys))
        if not judged.enough_history:
            # Nothing can be said: what was broken goes on being so.
            return Look(now, "not enough history", judged.window, judged.baseline)
        problems.note(self._notebook, project, [_seen(each) for each in found], now)
        return Look(now, "looked", judged.window, judged.baseline)


def _seen(found: Broken) -> Seen:
    leading = found.accused.culprit.leading
    shown = found.accused.evidence
    return Seen(
        service=found.accused.culprit.service,
        instance=found.accused.culprit.instance,
        operation=leading.culprit.name,
        kind=leading.kind,
        sentence=found.sentence,
        claims=tuple(found.accused.claims),
        score=round(found.accused.culprit.score, 4),
        onset=found.accused.since,
        services=found.services,
        traces_per_minute=found.traces_per_minute,
        trace_id=shown[0].trace_id if shown else "",
        span_id=shown[0].span_id if shown else "",
    )
