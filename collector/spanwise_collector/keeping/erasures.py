"""Deletions that were asked for: written down first, then carried through, one after the other, also over kills."""

import contextlib
import json
import logging
import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from spanwise_collector import durable
from spanwise_collector.errors import NotebookError, NotFound, StoreError, Unavailable, excerpt
from spanwise_collector.keeping.trouble import told
from spanwise_collector.model.erasure import Erasure, ErasureState
from spanwise_collector.receive.leave_out import leaving_out
from spanwise_collector.spool import Spool
from spanwise_collector.spool.aside import take_out
from spanwise_collector.store import EmbeddedEngine, Loader
from spanwise_collector.store.erasure import Eraser

_log = logging.getLogger(__name__)
_PAUSE: Final = 1.0
_POLL: Final = 0.05
_REMEMBERED: Final = 1000
_COLLECTOR: Final = "collector"
_DAMAGED: Final = ".damaged"
_TRACE_BYTES: Final = 16
_ERASURE: Final = TypeAdapter(Erasure)

Note = Callable[[str, str, str, str], None]
"""Writes an act down for good: who, the project, what, and the facts of it. Raises NotebookError."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where erasures are written down until they are done, and where one looks beside the store."""

    wishes: Path
    refused: Path
    spool: Path


class Erasures:
    """The queue of deletions of one collector; `whole` is held while one runs, so that no backup copies half of it.

    `note` is told who asked for one and when it was done, never the value that was deleted.
    """

    def __init__(
        self,
        places: Places,
        engine: EmbeddedEngine,
        spool: Spool,
        loader: Loader[Any],
        whole: threading.Lock,
        note: Note,
    ) -> None:
        self._places = places
        self._engine = engine
        self._spool = spool
        self._loader = loader
        self._whole = whole
        self._note = note
        self._states: dict[str, ErasureState] = {}
        self._unreadable: list[str] = []
        self._waiting: queue.SimpleQueue[tuple[str, Erasure]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spanwise-erasures", daemon=True)

    def start(self) -> None:
        """Take up again what a process before has not finished, and begin. Call it once, when the spool has started.

        What a disk does not give back is never the reason for no start: `undone` names it.
        """
        try:
            self._places.wishes.mkdir(exist_ok=True, mode=0o700)
            found = sorted(self._places.wishes.iterdir())
        except OSError as error:
            self._unreadable.append(f"{self._places.wishes} cannot be used ({error.strerror})")
            found = []
        for path in found:
            try:
                self._take_up(path)
            except OSError as error:
                self._unreadable.append(f"{path} cannot be used ({error.strerror})")
        for each in self.undone():
            _log.error("A deletion that was asked for is NOT done: %s", each)
        self._thread.start()

    def undone(self) -> list[str]:
        """Deletions that were asked for and are not done because a disk has damaged them, one sentence each."""
        damaged: list[str] = []
        with contextlib.suppress(OSError):
            lying = sorted(each for each in self._places.wishes.iterdir() if each.name.endswith(_DAMAGED))
            damaged = [f"{each} is damaged. Ask for it again, then remove that file." for each in lying]
        return damaged + [f"{each}. See to the disk, then start again." for each in self._unreadable]

    def close(self) -> None:
        """Stop after the step that runs; what is not finished goes on at the next start."""
        self._stopping.set()
        self._thread.join()

    def count(self, erasure: Erasure) -> dict[str, int]:
        """How many stored rows match at this moment; what waits in the spool is not counted."""
        with contextlib.closing(Eraser(self._engine, erasure)) as eraser:
            return eraser.count()

    def ask(self, erasure: Erasure, who: str) -> ErasureState:
        """Write a deletion down and queue it: from here on it happens, whatever happens to the process.

        Raises NotebookError where it cannot be written down that `who` asked, and Unavailable where the deletion
        itself cannot; then nothing happens.
        """
        name = f"{erasure.asked:020d}-{secrets.token_hex(4)}"
        self._note(who, erasure.project, "ask for deletion", json.dumps({"id": name, **_without_value(erasure)}))
        try:
            self._places.wishes.mkdir(exist_ok=True, mode=0o700)
            durable.replace(self._places.wishes / f"{name}.json", json.dumps(asdict(erasure)))
        except OSError as error:
            raise Unavailable(
                "The deletion cannot be written down. "
                + told(error, (self._places.wishes,), "nothing is deleted until you ask again.")
            ) from error
        return self._admit(name, erasure)

    def state(self, name: str, project: str) -> ErasureState:
        """How far a deletion of this process in this project has come; raises NotFound."""
        found = self._states.get(name)
        if found is None or found.project != project:
            raise NotFound(
                f"No deletion {excerpt(name, 40)} is known to this process; the notebook's acts name those of before."
            )
        return found

    def _take_up(self, path: Path) -> None:
        if path.name.endswith(durable.PART):
            # Whoever asked for that one was not told that it is written down.
            with contextlib.suppress(OSError):
                path.unlink()
        elif path.suffix == ".json":
            erasure = _read(path)
            if erasure is not None:
                self._admit(path.stem, erasure)
            else:
                path.replace(path.with_name(f"{path.name}{_DAMAGED}"))

    def _admit(self, name: str, erasure: Erasure) -> ErasureState:
        state = self._states[name] = ErasureState(name, erasure.project)
        while len(self._states) > _REMEMBERED:
            self._states.pop(next(iter(self._states)))
        self._waiting.put((name, erasure))
        return state

    def _run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Empty):
                self._see_through(*self._waiting.get(timeout=_POLL))

    def _see_through(self, name: str, erasure: Erasure) -> None:
        state = self._states.get(name) or ErasureState(name, erasure.project)
        while not self._stopping.is_set():
            try:
                if not self._stored(state):
                    return
                with self._whole:
                    self._erase(state, erasure)
                facts = {"id": name, "rows": state.counts, "segments": state.segments}
                self._note(_COLLECTOR, erasure.project, "finish deletion", json.dumps(facts))
                (self._places.wishes / f"{name}.json").unlink(missing_ok=True)
            except (StoreError, NotebookError, OSError) as error:
                state.error = told(error, (self._places.wishes,), "it is tried again by itself, also after a restart.")
                _log.warning("Deletion %s has to wait: %.300s", name, state.error)
                self._stopping.wait(_PAUSE)
            except Exception:
                state.state, state.error = "waiting", "The collector met a fault of its own; see its log."
                _log.exception("Deletion %s met a fault of our own and is tried again behind the others", name)
                self._stopping.wait(_PAUSE)
                self._waiting.put((name, erasure))
                return
            else:
                state.state, state.step, state.error = "done", "", ""
                return

    def _stored(self, state: ErasureState) -> bool:
        """Wait until all that came before is in tables, where it can be found; False when stopped."""
        state.step = "waiting until what the spool holds is stored"
        passed = self._spool.barrier()
        while not passed():
            if self._stopping.wait(_POLL):
                return False
        return True

    def _erase(self, state: ErasureState, erasure: Erasure) -> None:
        state.state = "erasing"
        with contextlib.closing(Eraser(self._engine, erasure)) as eraser:
            state.step = "counting"
            counts = eraser.count()
            # After a failure in the middle what had gone is not found again.
            state.counts = {table: max(rows, state.counts.get(table, 0)) for table, rows in counts.items()}
            for step, work in _steps(eraser, self._loader, self._stopping.is_set):
                if self._stopping.is_set():
                    raise StoreError("The collector is stopping; the next start goes on with it.")
                state.step = step
                work()
        state.step = "rewriting what was set aside"
        state.segments += take_out(self._places.refused, self._places.spool, leaving_out(erasure), erasure.needles)


def _steps(eraser: Eraser, loader: Loader[Any], enough: Callable[[], bool]) -> list[tuple[str, Callable[[], None]]]:
    def correct() -> None:
        with loader.paused():
            eraser.correct()

    return [
        ("deleting rows", eraser.remove),
        ("summing up anew", correct),
        ("removing old files", partial(eraser.sweep, enough)),
    ]


def _without_value(erasure: Erasure) -> dict[str, object]:
    by = "trace" if erasure.trace_id else "attribute"
    return {"by": by, "key": erasure.key, "start": erasure.start, "end": erasure.end}


def _read(path: Path) -> Erasure | None:
    """What was written down, None where it is not whole. Its text is in no message: it is what is to be forgotten."""
    try:
        found = _ERASURE.validate_json(path.read_bytes(), strict=True)
        trace_id = bytes.fromhex(found.trace_id)
    except ValueError:
        return None
    whole = len(trace_id) == _TRACE_BYTES and not found.key if trace_id else bool(found.key)
    return found if whole else None
