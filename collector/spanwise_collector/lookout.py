"""What is broken right now: a look at the last minutes once a minute, by one collector of a store at a time."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final, cast

from spanwise_collector.diagnose.thresholds import Thresholds
from spanwise_collector.errors import NotebookError, Refused, StoreError
from spanwise_collector.notebook import Notebook, looks, problems
from spanwise_collector.notebook.leases import Lease
from spanwise_collector.notebook.looks import Looked, Stretch
from spanwise_collector.notebook.problems import Seen
from spanwise_collector.query.diagnosis import Question, Window
from spanwise_collector.query.known import known
from spanwise_collector.query.problems import NOT_YET, Broken, Look, Outcome, active, broken
from spanwise_collector.query.quiet import quiet_time
from spanwise_collector.settings import Settings
from spanwise_collector.store import Engine
from spanwise_collector.store.errand import Allowance, Errand, current

_log = logging.getLogger(__name__)
_SECOND: Final = 1_000_000_000
# What was acknowledged can be searched two seconds later, and services send every few seconds.
_LATE: Final = 5 * _SECOND
_BEAT: Final = 10.0
"""Seconds between two renewals of the lease, however long a look takes; the others see as often whether it is free."""

_LASTS: Final = 30.0
"""Seconds without a renewal after which another collector looks: three beats, as one may be late."""


class Lookout:
    """Looks at every project that sends, and writes into the notebook what is broken there.

    Of several collectors that share a store and a notebook one looks, and all of them know what it saw. `collector` is
    the name of this one.
    """

    def __init__(
        self,
        engine: Engine,
        notebook: Notebook,
        settings: Settings,
        collector: str,
        thresholds: Thresholds,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._notebook = notebook
        self._interval = settings.look_interval
        self._window = round(settings.look_window * _SECOND)
        # A look may take as long as one request may; memory is limited for every query alike.
        self._allowance = Allowance(settings.query_timeout, settings.query_rows, settings.query_memory)
        self._thresholds = thresholds
        self._stopped = False
        self._store = collector if settings.store is None else str(settings.store)
        self._clock = clock
        # One who waits for the lease is due all the time: when it is free, it looks at once.
        self._next = clock() + self._interval
        self._lease = Lease(notebook, f"lookout {self._store}", collector, _LASTS, clock)
        self._holding = False
        self._trouble = ""
        self._turn = threading.Lock()

    @property
    def interval(self) -> float:
        """Seconds between two looks; 0 where nobody looks."""
        return self._interval

    def last(self, project: str) -> Look:
        """The last look at a project, by whichever collector. Raises NotebookError."""
        found = looks.last(self._notebook, self._store, project)
        return NOT_YET if found is None else _look(found)

    async def watch(self) -> None:
        """Look at intervals until cancelled; trouble is logged and tried again."""
        if not self._interval:
            return
        async with asyncio.TaskGroup() as both:
            both.create_task(self._beats())
            both.create_task(self._looks())

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(min(_BEAT, self._interval))
            await asyncio.to_thread(self.renew)

    async def _looks(self) -> None:
        beat = min(_BEAT, self._interval)
        while True:
            left = self._next - self._clock()
            await asyncio.sleep(min(beat, left) if left > 0 else beat)
            await asyncio.to_thread(self.look_when_due)

    def renew(self) -> None:
        """Keep the lease, or see whether it is free; beside a look, which may take longer than the lease lasts."""
        with self._turn:
            if self._stopped:
                return
            trouble = ""
            try:
                self._holding = self._lease.held()
            except NotebookError as error:
                self._holding, trouble = False, str(error)
            if trouble and trouble != self._trouble:
                _log.warning("Nobody can look for what is broken: %.300s", trouble)
            self._trouble = trouble

    def look_when_due(self) -> None:
        """Look, where it is this collector's turn and the last look is long enough ago."""
        if self._holding and self._clock() >= self._next:
            self.look(time.time_ns())
            self._next = self._clock() + self._interval

    def stop(self) -> None:
        """Look no more, and let another collector do it at once."""
        with self._turn:
            self._stopped = True
            try:
                self._lease.give_up()
            except NotebookError as error:
                _log.warning("Another collector will look for what is broken only after a while: %.300s", error)

    def look(self, now: int) -> None:
        """Look at every project once, as long as no other collector does."""
        try:
            sending = active(self._engine, now - self._window)
            for project in sorted({*sending, *problems.with_open(self._notebook)}):
                if self._stopped or not self._holding:
                    return
                self.look_at(project, now, sends=project in sending)
        except (StoreError, NotebookError, Refused) as error:
            _log.warning("Nobody could look for what is broken: %.300s", error)

    def look_at(self, project: str, now: int, *, sends: bool = True) -> None:
        """Look at one project, and write down what is broken in it. Raises NotebookError."""
        began = time.monotonic_ns()
        token = current.set(Errand(self._allowance))
        try:
            found = self._judged(project, now, sends=sends)
        except (StoreError, NotebookError, Refused) as error:
            _log.warning("Project %s could not be looked at for what is broken: %.300s", project, error)
            found = Look(now, "failed", error=str(error)[:300])
        finally:
            current.reset(token)
        looks.note(self._notebook, self._store, project, _looked(replace(found, took=time.monotonic_ns() - began)))

    def _judged(self, project: str, now: int, *, sends: bool) -> Look:
        if not sends:
            problems.note(self._notebook, project, [], now)
            return Look(now, "nothing came")
        asked = Window(now - _LATE - self._window, now - _LATE)
        written = known(self._notebook)
        baseline = Window(*quiet_time(written.troubled(project, 0, asked.start), asked.start))
        deploys = written.deploys(project, asked.start, asked.end)
        question = Question(asked, baseline, deploys=deploys, thresholds=self._thresholds)
        found, judged = broken(self._engine, project, question)
        if not judged.enough_history:
            # Nothing can be said: what was broken goes on being so.
            return Look(now, "not enough history", judged.window, judged.baseline)
        problems.note(self._notebook, project, [_seen(each) for each in found], now)
        return Look(now, "looked", judged.window, judged.baseline)


def _look(looked: Looked) -> Look:
    window, baseline = (None if each is None else Window(**asdict(each)) for each in (looked.window, looked.baseline))
    return Look(looked.time, cast(Outcome, looked.outcome), window, baseline, looked.took, looked.error)


def _looked(look: Look) -> Looked:
    window, baseline = (None if each is None else Stretch(**asdict(each)) for each in (look.window, look.baseline))
    return Looked(look.time, look.outcome, window, baseline, look.took, look.error)


def _seen(found: Broken) -> Seen:
    leading = found.accused.culprit.leading
    shown = found.accused.evidence
    return Seen(
        service=found.accused.culprit.service,
        instance=found.accused.culprit.instance,
        operation=leading.culprit.name,
        kind=found.accused.kind,
        sentence=found.sentence,
        claims=tuple(found.accused.claims),
        score=round(found.accused.culprit.score, 4),
        onset=found.accused.since,
        services=found.services,
        traces_per_minute=found.traces_per_minute,
        trace_id=shown[0].trace_id if shown else "",
        span_id=shown[0].span_id if shown else "",
    )
