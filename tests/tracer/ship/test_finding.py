"""What patterns name, and what it costs to look at many files."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
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
