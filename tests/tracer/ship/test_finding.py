"""What patterns name, and what it costs to look at many files."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from spanwise.ship import finding, following, locating
from spanwise.ship.command import _as_many_files_as_may_be
from spanwise.ship.finding import Files
from spanwise.ship.place import Memory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(tmp_path / "state.json")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("pattern", "followed", "said"),
    [
        ("logs/**", ["logs/a.log", "logs/deep/b.log"], ""),
        ("logs/*", ["logs/a.log"], ""),
        ("logs/d*", [], "logs/d*: there is no such file yet"),
        ("logs/deep", [], "logs/deep is a folder: give a pattern such as"),
    ],
)
def test_of_folders_only_one_that_was_named_is_spoken_of(
    tmp_path: Path, memory: Memory, capsys: pytest.CaptureFixture[str], pattern: str, followed: list[str], said: str
) -> None:
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    for name in ("logs/a.log", "logs/deep/b.log"):
        (tmp_path / name).touch()
    files = Files([str(tmp_path / pattern)], memory, removed=0)
    files.discover()
    found = [str(Path(each.place.path).relative_to(tmp_path)) for each in files.followers]
    files.close()
    err = capsys.readouterr().err
    assert (found, files.missing, said in err, bool(err)) == (followed, bool(said), True, bool(said))


@pytest.mark.parametrize(
    ("soft", "most", "wanted"),
    [
        (1024, 4096, 4096),
        (1024, 10**6, 65_536),
        (256, resource.RLIM_INFINITY, 65_536),
        (10**5, 10**6, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None),
    ],
)
@pytest.mark.parametrize("refusal", [None, ValueError, PermissionError])
def test_more_files_are_asked_for_and_fewer_are_no_reason_to_end(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int, wanted: int | None, refusal: type[Exception] | None
) -> None:
    asked: list[tuple[int, int]] = []

    def setrlimit(_: int, limits: tuple[int, int]) -> None:
        asked.append(limits)
        if refusal is not None:
            raise refusal

    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, most))
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    _as_many_files_as_may_be()
    assert asked == ([] if wanted is None else [(wanted, most)])


class Iterated(list[Any]):
    """A list that counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[Any]:
        self.times += 1
        return super().__iter__()


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the disk is asked for what, and how many files were listed."""
    counted: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def made(*given: Any, **named: Any) -> Any:
            counted[name] += 1
            return function(*given, **named)

        return made

    def listing(*given: Any) -> list[Any]:
        found = listed(*given)
        counted["listed"] += len(found)
        return found

    listed = following.beside
    for name in ("stat", "lstat", "fsync", "scandir", "pread"):
        monkeypatch.setattr(os, name, counting(name, getattr(os, name)))
    for module in (finding, following, locating):
        monkeypatch.setattr(module, "beside", listing)
    monkeypatch.setattr(Memory, "write", counting("write", Memory.write))
    return counted


def test_a_look_at_many_files_costs_as_much_for_each_of_them_as_at_few(tmp_path: Path, cost: Counter[str]) -> None:
    first, again, started = [], [], []
    for count in (100, 200, 300):
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:03}.log").write_text(f"of {number}\n")
        memory = Memory(tmp_path / f"{count}.json")
        files = Files([str(folder / "*.log")], memory, removed=60)
        cost.clear()
        files.discover()
        assert len(files.followers) == count
        assert (cost["write"], cost["fsync"], cost["listed"]) == (1, 2, count)
        first.append(Counter(cost))
        files.followers = Iterated(files.followers)
        cost.clear()
        files.discover()
        assert (files.followers.times, cost["write"], cost["listed"]) == (1, 0, 0)
        again.append(Counter(cost))
        files.close()
        memory.close()
        memory = Memory(tmp_path / f"{count}.json")
        files = Files([str(folder / "*.log")], memory, removed=60)
        cost.clear()
        files.take_up()
        assert (len(files.followers), cost["write"], cost["listed"]) == (count, 1, 0)
        started.append(Counter(cost))
        files.close()
        memory.close()
    for few, more, most in (first, again, started):
        assert {name: most[name] - more[name] for name in most} == {name: more[name] - few[name] for name in most}
