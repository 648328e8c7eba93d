"""Rotation, kills and looks of `spanwise ship` in any order and at any of its steps: nothing lost, nothing twice."""

from __future__ import annotations

import glob
import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from spanwise.ship import finding, following, locating
from spanwise.ship.delivery import Delivery, Parcel
from spanwise.ship.place import Memory
from spanwise.ship.shipping import Manner, Shipping

from tests.generated import seed

RUNS = 30


class Killed(BaseException):
    """The end of a shipper, at any of its steps."""


class World:
    """A file that is written and rotated, by whoever likes to between two steps of the shipper."""

    def __init__(self, folder: Path, chance: random.Random, pattern: str) -> None:
        folder.mkdir()
        self.path = folder / "app.log"
        folder.with_suffix(".link").symlink_to(self.path)
        self.chance = chance
        self.pattern = str(folder / pattern if pattern else folder.with_suffix(".link"))
        self.state = folder.with_suffix(".json")
        self.stored: dict[str, list[str]] = {}
        self.written = 0
        self.alive = False
        self._copied = False
        self._clock = time.time_ns()
        self.path.touch()

    def step(self) -> None:
        """Something of the shipper's is about to happen; before it, perhaps, something else, or the end of it."""
        if not self.alive:
            return
        while self.chance.random() < 0.04:
            self.act()
        if self.chance.random() < 0.01:
            self.alive = False
            raise Killed

    def act(self) -> None:
        what = self.chance.random()
        if self._copied or what < 0.2:
            self.copy_or_empty()
        elif what < 0.4:
            self.rename()
        else:
            self.append()

    def settle(self) -> None:
        """Bring a rotation that has begun to its end."""
        if self._copied:
            self.copy_or_empty()

    def append(self) -> None:
        with self.path.open("a") as file:
            for _ in range(self.chance.choice((1, 2, 40, 400))):
                file.write(f"line {self.written}\n")
                self.written += 1
        self._stamp(self.path)

    def rename(self) -> None:
        self._shift()
        self.path.rename(f"{self.path}.1")
        self.path.touch()
        self._stamp(self.path)

    def copy_or_empty(self) -> None:
        if self._copied:
            os.truncate(self.path, 0)
            self._stamp(self.path)
        else:
            self._shift()
            shutil.copyfile(self.path, f"{self.path}.1")
            self._stamp(Path(f"{self.path}.1"))
        self._copied = not self._copied

    def _shift(self) -> None:
        numbers = sorted((int(name.rpartition(".")[2]) for name in glob.glob(f"{self.path}.*")), reverse=True)
        for number in numbers:
            os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")

    def _stamp(self, path: Path) -> None:
        """Files are seconds apart, as on a clock that is coarser than this test is fast."""
        self._clock += 10**9
        os.utime(path, ns=(self._clock, self._clock))


class Collector(Delivery):
    """Stores each parcel once, by its name; `between` is called between two looks until it says that it was all."""

    def __init__(self, world: World, between: Callable[[], bool]) -> None:
        super().__init__("http://127.0.0.1:9")
        self._world = world
        self._between = between
        self._quiet = 0
        self.stopping = self  # type: ignore[assignment]  # as an Event of which two methods are used

    def deliver(self, parcel: Parcel) -> str:
        self._world.step()
        lines = [json.loads(line) for line in parcel.body.splitlines()]
        assert self._world.stored.setdefault(parcel.name, lines) == lines, "one name for two parcels"
        self._world.step()
        return ""

    def is_set(self) -> bool:
        return self._quiet > 3

    def wait(self, _: float) -> bool:
        self._quiet += self._between()
        return False


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """Makes every look at the disk, and every write to the memory, a step of the last world in the list."""
    worlds: list[World] = []

    def stepping(function: Callable[..., Any]) -> Callable[..., Any]:
        def made(*given: Any, **named: Any) -> Any:
            worlds[-1].step()
            return function(*given, **named)

        return made

    for module in (following, finding, locating):
        for name in {"opened_or_said", "beside", "siblings"} & vars(module).keys():
            monkeypatch.setattr(module, name, stepping(getattr(module, name)))
    monkeypatch.setattr(os, "pread", stepping(os.pread))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(Memory, "write", stepping(Memory.write))
    return worlds


def life(world: World, between: Callable[[], bool], manner: Manner = Manner(join=0, linger=0)) -> None:  # noqa: B008
    """One shipper from its start until it is killed, or all that happens between its looks has happened."""
    memory = Memory(world.state)
    shipper = Shipping([world.pattern], Collector(world, between), memory, lambda _: {}, manner)
    try:
        shipper.resume()
        shipper.run()
    except Killed:
        pass
    finally:
        shipper.close()
        memory.close()


def script(*acts: Callable[[], None]) -> Callable[[], bool]:
    """One act after each look."""
    left = list(acts)

    def between() -> bool:
        if left:
            left.pop(0)()
        return not left

    return between


def stored(world: World) -> Counter[str]:
    return Counter(line for lines in world.stored.values() for line in lines)


def once_each(world: World) -> Counter[str]:
    return Counter(f"line {number}" for number in range(world.written))


@pytest.mark.parametrize("pattern", ["app.log", "app.log*", ""], ids=["name", "pattern", "link"])
def test_in_any_order_every_line_is_stored_once(tmp_path: Path, steps: list[World], pattern: str) -> None:
    chosen = seed()

    def between() -> bool:
        for _ in range(world.chance.randrange(3)):
            world.step()
        return not world.alive

    for number in range(RUNS):
        chance = random.Random(f"{chosen} {number} {pattern}")
        world = World(tmp_path / str(number), chance, pattern)
        steps.append(world)
        life(world, between)  # knows the file, empty; what was rotated away before is nobody's
        for _ in range(chance.randrange(1, 6)):
            for _ in range(chance.choice((0, 0, 1, 3))):
                world.act()
            world.alive = True
            life(world, between)
        world.settle()
        life(world, between)
        assert stored(world) == once_each(world), f"run {number}"


def test_an_empty_file_that_is_filled_copied_and_emptied_between_two_looks_is_read_from_its_copy(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "logs", random.Random(0), "app.log")

    def rotate() -> None:
        world.append()
        world.copy_or_empty()
        world.copy_or_empty()
        world.append()

    life(world, script(rotate, world.append))
    assert stored(world) == once_each(world)


def test_what_is_written_to_a_quiet_file_after_it_was_renamed_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes learns of it a moment later, however long nothing was written before."""
    now = 0.0
    monkeypatch.setattr(following, "time", SimpleNamespace(monotonic=lambda: now))
    world = World(tmp_path / "logs", random.Random(0), "app.log")

    def later(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        def made() -> None:
            nonlocal now
            now += seconds
            act()

        return made

    def late() -> None:
        held.write(f"line {world.written}\n")
        held.flush()
        world.written += 1

    with world.path.open("a") as held:
        acts = later(1, world.append), later(3600, world.rename), later(1, late), later(1, lambda: None)
        life(world, script(*acts), Manner(join=0, linger=20))
    assert stored(world) == once_each(world)


def test_a_file_that_comes_back_under_its_name_is_read_on(tmp_path: Path) -> None:
    world = World(tmp_path / "logs", random.Random(0), "app.log")
    away = world.path.with_name("elsewhere")

    def leave() -> None:
        world.path.rename(away)

    def back() -> None:
        away.rename(world.path)
        world.append()

    life(world, script(world.append, leave, lambda: None, back), Manner(join=0, linger=0, removed=0))
    assert stored(world) == once_each(world)
