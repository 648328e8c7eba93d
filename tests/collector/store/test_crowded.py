"""Segments for which there is no memory: tried alone, given up in the end, and no hindrance to others."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from spanwise_collector.errors import StoreError
from spanwise_collector.spool import Signal
from spanwise_collector.store import Loader
from spanwise_collector.store.crowded import QUIET_TRIES, SECONDS, Shelf

from tests.collector.process import eventually
from tests.collector.spool.memory import TickingClock


def test_what_has_no_memory_alone_is_given_up_after_four_refusals_while_others_are_stored() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    shelf.put("heavy", stored=0)
    clock.tick(SECONDS - 1)
    assert shelf.take(0, idle=True) is None
    found = []
    for stored in (0, 1, 1, 2, 3, 4):
        clock.tick(SECONDS)
        crowded = shelf.take(stored, idle=True)
        assert crowded is not None
        found.append(shelf.refused(crowded, stored, idle=False))
    assert found == [False, False, False, False, False, True]
    assert shelf.take(5, idle=True) is None


def quiet_refusals(shelf: Shelf[str], clock: TickingClock, *, idle: bool) -> list[bool]:
    """Whether what lies there is given up, at each of as many refusals as are needed and one more."""
    found = []
    for _ in range(QUIET_TRIES + 1):
        clock.tick(SECONDS)
        crowded = shelf.take(0, idle=True)
        if crowded is None:
            break
        found.append(shelf.refused(crowded, 0, idle=idle))
    return found


def test_what_has_no_memory_alone_is_given_up_after_an_hour_in_which_nothing_else_waited() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    shelf.put("heavy", stored=0)
    assert quiet_refusals(shelf, clock, idle=True) == [False] * (QUIET_TRIES - 1) + [True]
    assert QUIET_TRIES * SECONDS == 3600


@pytest.mark.parametrize(("others", "idle"), [(["another"], True), ([], False)])
def test_what_has_no_memory_waits_without_end_where_others_wait_and_are_not_stored_either(
    others: list[str], idle: bool
) -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    for name in ("heavy", *others):
        shelf.put(name, stored=0)
    assert quiet_refusals(shelf, clock, idle=idle) == [False] * (QUIET_TRIES + 1)


def test_of_two_that_are_tried_at_once_none_is_given_up_while_the_other_waits() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    for name in ("heavy", "another"):
        shelf.put(name, stored=0)
    for _ in range(QUIET_TRIES + 1):
        clock.tick(SECONDS)
        taken = [shelf.take(0, idle=True) for _ in range(2)]
        assert [each and shelf.refused(each, 0, idle=True) for each in taken] == [False, False]
    clock.tick(SECONDS)
    first = shelf.take(0, idle=True)
    assert first is not None
    shelf.let_go()
    # From now on the other is alone.
    assert quiet_refusals(shelf, clock, idle=True) == [False] * (QUIET_TRIES - 1) + [True]


def test_an_hour_of_quiet_begins_anew_whenever_another_waits() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    shelf.put("heavy", stored=0)
    quiet = []
    for number in range(QUIET_TRIES + 2):
        clock.tick(SECONDS)
        crowded = shelf.take(0, idle=True)
        assert crowded is not None
        assert not shelf.refused(crowded, 0, idle=number != QUIET_TRIES - 1)
        quiet.append(crowded.quiet)
    assert quiet[-4:] == [QUIET_TRIES - 1, 0, 1, 2]


def test_what_has_no_memory_alone_has_its_turn_between_others() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    for name in ("first", "second", "third"):
        shelf.put(name, stored=7)
    clock.tick(SECONDS)
    asked = ((7, False), (7, False), (8, False), (8, True), (9, True))
    found = [shelf.take(stored, idle) for stored, idle in asked]
    assert [each and each.segment for each in found] == ["first", None, "second", "third", None]


NO_MEMORY = "Code: 241. DB::Exception: (total) memory limit exceeded"


class NoRoomFor:
    """An engine, and its way in, without memory for one segment, and with other trouble for others at first."""

    def __init__(self, heavy: str, **trouble: Sequence[str]) -> None:
        self._heavy = heavy
        self._trouble = {name: list(each) for name, each in trouble.items()}
        self.stored: list[str] = []
        self.refused = 0

    def inserter(self) -> NoRoomFor:
        return self

    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        if name == self._heavy:
            self.refused += 1
            raise StoreError(NO_MEMORY)
        if trouble := self._trouble.get(name):
            raise StoreError(trouble.pop(0))
        self.stored.append(name)

    def check(self) -> None: ...

    def close(self) -> None: ...


def test_before_an_upgrade_what_never_has_memory_is_set_aside_and_all_else_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spanwise_collector.store.loader.SECONDS", 0.0)
    engine = NoRoomFor("heavy")
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: list[str] = []
    aside: list[tuple[str, str]] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: released.append(each.name),
        lambda each: each,
        lambda each, reason: aside.append((each.name, reason)),
    )
    for name in ("one", "heavy", "two"):
        segments.put(SimpleNamespace(name=name, signal=Signal.LOGS, path=Path(f"{name}.logs")))
    loader.drain()
    assert (released, engine.stored, engine.refused) == (["one", "two"], ["one", "two"], 4)
    assert aside == [
        (
            "heavy",
            "Tried 4 times with nothing beside it: Code: 241. DB::Exception: (total) memory limit exceeded",
        )
    ]


def test_before_an_upgrade_a_store_that_goes_away_after_a_want_of_memory_ends_the_load_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spanwise_collector.store.loader.SECONDS", 0.0)
    away = "Code: 210. DB::NetException: Connection refused"
    engine = NoRoomFor("", one=[NO_MEMORY, away, away])
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    ended: list[str] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: ended.append(each.name),
        lambda each: each,
        lambda each, reason: ended.append(reason),
    )
    segments.put(SimpleNamespace(name="one", signal=Signal.LOGS, path=Path("one.logs")))
    with pytest.raises(StoreError) as raised:
        loader.drain()
    assert (str(raised.value), ended) == (away, [])


@pytest.mark.parametrize("last", ["", "Code: 210. DB::NetException: Connection refused"])
def test_what_is_never_stored_is_set_aside_once_those_that_waited_beside_it_are_stored(
    monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    monkeypatch.setattr("spanwise_collector.store.crowded.QUIET_TRIES", 3)
    monkeypatch.setattr("spanwise_collector.store.loader._FIRST_PAUSE", 0.001)
    monkeypatch.setattr("spanwise_collector.store.loader._POLL", 0.001)
    # Laid aside at the fourth; then stored alone, or put back among the others and stored there.
    clock, engine = TickingClock(), NoRoomFor("heavy", light=[NO_MEMORY] * 4 + [last] * bool(last))
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    aside: list[tuple[str, str]] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: None,
        lambda each: each,
        lambda each, reason: aside.append((each.name, reason)),
        clock=clock.monotonic,
    )
    for name in ("heavy", "light"):
        segments.put(SimpleNamespace(name=name, signal=Signal.LOGS, path=Path(f"{name}.logs")))
    loader.start()

    def ticked() -> list[tuple[str, str]]:
        clock.tick(SECONDS)
        return aside

    eventually(ticked, bool)
    loader.close()
    assert engine.stored == ["light"]
    assert [name for name, _ in aside] == ["heavy"]
    assert "while nothing else waited" in aside[0][1]


def test_a_segment_for_which_there_is_never_memory_is_set_aside_with_its_reason() -> None:
    engine, clock = NoRoomFor("heavy"), TickingClock()
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: list[str] = []
    aside: list[tuple[str, str]] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: released.append(each.name),
        lambda each: each,
        lambda each, reason: aside.append((each.name, reason)),
        clock=clock.monotonic,
    )
    segments.put(SimpleNamespace(name="heavy", signal=Signal.LOGS, path=Path("heavy.logs")))
    loader.start()
    eventually(lambda: engine.refused, lambda times: times == 4)

    def ticked() -> int:
        clock.tick(SECONDS)
        return engine.refused

    for number in range(20):
        if aside:
            break
        before = engine.refused
        segments.put(SimpleNamespace(name=f"good {number}", signal=Signal.LOGS, path=Path("good.logs")))
        eventually(lambda number=number: released[number:], bool)  # type: ignore[misc]
        eventually(ticked, lambda times, before=before: bool(aside) or times > before)  # type: ignore[misc]
    eventually(lambda: aside, bool)
    loader.close()
    assert released == engine.stored == [f"good {number}" for number in range(len(released))]
    assert len(released) >= 4
    assert aside == [("heavy", aside[0][1])]
    assert "Tried alone 4 times, at least 15 s apart while others were stored: Code: 241." in aside[0][1]
