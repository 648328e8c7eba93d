"""How one collector is doing: what its parts say, gathered."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from spanwise_collector.errors import StoreError
from spanwise_collector.model.health import Health, Recent
from spanwise_collector.receive.intake import Intake
from spanwise_collector.spool import Recovered, Segment, Spool, aside
from spanwise_collector.store import EmbeddedEngine, Engine, Loader, retention, soundness
from spanwise_collector.store.catalogue import Catalogue


class Vitals:
    """The parts of one collector, to be asked how they are.

    `refused` is the folder of segments set aside, `undone` names the deletions that cannot be done.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - it asks every part
        self,
        intake: Intake,
        spool: Spool,
        loader: Loader[Segment],
        engine: Engine,
        refused: Path,
        recovered: Recovered,
        catalogue: Catalogue,
        undone: Callable[[], list[str]],
    ) -> None:
        self.started = time.time_ns()
        self._intake = intake
        self._spool = spool
        self._loader = loader
        self._engine = engine
        self._refused = refused
        self._recovered = recovered
        self.catalogue = catalogue
        self._undone = undone

    def health(self) -> Health:
        """How the collector is doing at this moment."""
        spool, loader = self._spool.stats(), self._loader.state
        return Health(
            started=self.started,
            total=self._intake.counters.counts(),
            waiting_bytes=spool.bytes,
            waiting_limit=spool.max_bytes,
            waiting_segments=spool.segments,
            lag_seconds=0.0 if spool.oldest is None else max(0.0, (time.time_ns() - spool.oldest) / 1e9),
            spool_error=spool.error,
            cut_bytes=self._recovered.torn_bytes,
            spool_damaged=self._recovered.damaged,
            segments_loaded=loader.loaded,
            insert_seconds=loader.insert_seconds,
            store_error=loader.last_error or None,
            queries_ended=self._engine.queries.ended,
            query_seconds=self._engine.queries.seconds,
            queries_running=self._engine.queries.running,
            queries_stopped=dict(self._engine.queries.stopped),
            set_aside=aside.lying(self._refused),
            damaged=self._damaged(),
            undone_deletions=self._undone(),
            stored_bytes=self._stored_bytes(),
            memory_bytes=psutil.Process().memory_info().rss,
            catalogue_forgotten=self.catalogue.forgotten,
        )

    def recent(self, minutes: int) -> Recent:
        """What came in during the last minutes."""
        return self._intake.history.recent(minutes)

    def _damaged(self) -> list[str]:
        # A server looks after its own disks, and says so in its own tables.
        if not isinstance(self._engine, EmbeddedEngine):
            return []
        try:
            found = soundness.damaged(self._engine)
        except StoreError:
            return []
        return [f"{each.table} of day {each.day} ({each.bytes:,} bytes, {each.name})" for each in found]

    def _stored_bytes(self) -> int | None:
        try:
            return sum(day.bytes for day in retention.days(self._engine))
        except StoreError:
            return None

    def trouble(self) -> str | None:
        """Why the collector cannot do its work, in a sentence; None when it can."""
        try:
            self._engine.check()
        except StoreError as error:
            return f"The store does not answer: {error}"
        spool_error = self._spool.stats().error
        return None if spool_error is None else f"The spool cannot write: {spool_error}"
