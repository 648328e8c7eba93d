"""One deletion that goes wrong, or can no longer be read, does not keep the others from being carried out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from spanwise_collector.errors import Unavailable
from spanwise_collector.keeping.erasures import Erasures, Places
from spanwise_collector.model.erasure import Erasure, ErasureState

from tests.collector.process import process

DAMAGED = {
    "0": b"",
    "1": b'{"project": "default", "asked": 1, "tra',
    "2": b"\xff\xfe",
    "3": b"[]",
    "4": b'{"project": "default", "asked": "soon", "key": "user.id"}',
    "5": b'{"project": "default", "asked": 1}',
    "6": b'{"project": "default", "asked": 1, "trace_id": "no-trace"}',
}


def test_a_fault_of_our_own_is_said_and_tried_again_behind_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def erase(_self: Erasures, _state: ErasureState, erasure: Erasure) -> None:
        tried.append(erasure.value)
        if erasure.value == "bad" and tried.count("bad") < 2:
            raise RuntimeError("a fault")

    monkeypatch.setattr(Erasures, "_erase", erase)
    places = Places(tmp_path / "erasures", tmp_path / "refused", tmp_path / "spool")
    nothing: Any = None
    spool: Any = SimpleNamespace(barrier=lambda: lambda: True)
    erasures = Erasures(places, nothing, spool, nothing, threading.Lock(), lambda *_: None)
    with closing(erasures):
        erasures.start()
        bad, good = (erasures.ask(Erasure("default", 1, key="user.id", value=each), "me") for each in ("bad", "good"))
        deadline = time.monotonic() + 30
        while {bad.state, good.state} != {"done"} and time.monotonic() < deadline:
            time.sleep(0.01)
    assert (bad.state, bad.error, good.state) == ("done", "", "done")
    assert sorted(tried) == ["bad", "bad", "good"]
    assert list(places.wishes.iterdir()) == []


def test_a_wish_that_cannot_be_read_is_put_aside_and_the_collector_starts_and_does_the_others(tmp_path: Path) -> None:
    wishes = tmp_path / "data" / "erasures"
    wishes.mkdir(parents=True)
    for name, text in DAMAGED.items():
        (wishes / f"{name}.json").write_bytes(text)
    good = wishes / "9.json"
    good.write_text(json.dumps(asdict(Erasure("default", 1, key="user.id", value="42"))))
    with process(tmp_path / "data") as collector:
        wait_until(lambda: not good.exists())
        health = collector.get("/health")
        (wishes / "0.json.damaged").unlink()
        left = collector.get("/health")["undone_deletions"]
        (wishes / "0.json.damaged").write_bytes(DAMAGED["0"])
    said = [f"{wishes}/{name}.json.damaged is damaged. Ask for it again, then remove that file." for name in DAMAGED]
    assert (health["status"], health["undone_deletions"], left) == ("trouble", said, said[1:])
    assert [f"A deletion that was asked for is not done: {each}" for each in said] == [
        each for each in health["sentences"] if "deletion" in each
    ]
    assert {each.name: each.read_bytes() for each in wishes.iterdir()} == {
        f"{name}.json.damaged": text for name, text in DAMAGED.items()
    }


def test_wishes_that_the_disk_does_not_give_back_are_named_and_keep_no_other_from_being_done(tmp_path: Path) -> None:
    wishes = tmp_path / "erasures"
    # A folder stands for what cannot be read, and for what cannot be moved or removed.
    for name in ("1.json", "2.json.damaged", "3.json.part"):
        (wishes / name).mkdir(parents=True)
    (wishes / "2.json").write_bytes(b"torn")
    (wishes / "4.json").write_text(json.dumps(asdict(Erasure("default", 1, key="user.id", value="42"))))
    with closing(made(tmp_path)) as erasures:
        erasures.start()
        wait_until(lambda: not (wishes / "4.json").exists())
        undone = erasures.undone()
    assert undone == [
        f"{wishes}/2.json.damaged is damaged. Ask for it again, then remove that file.",
        f"{wishes}/1.json cannot be used (Is a directory). See to the disk, then start again.",
        f"{wishes}/2.json cannot be used (Is a directory). See to the disk, then start again.",
    ]


def test_where_there_can_be_no_wishes_the_start_goes_on_and_a_new_one_is_refused_as_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "erasures").write_text("a file")
    with closing(made(tmp_path)) as erasures:
        erasures.start()
        assert erasures.undone() == [
            f"{tmp_path}/erasures cannot be used (File exists). See to the disk, then start again."
        ]
        with pytest.raises(Unavailable, match=r"written down\. .*: File exists\. See to the disk: nothing"):
            erasures.ask(Erasure("default", 1, key="user.id", value="42"), "me")


def made(folder: Path) -> Erasures:
    """Erasures of a folder whose store has nothing to delete."""
    places = Places(folder / "erasures", folder / "refused", folder / "spool")
    nothing: Any = None
    spool: Any = SimpleNamespace(barrier=lambda: lambda: True)

    class WithoutStore(Erasures):
        def _erase(self, state: ErasureState, erasure: Erasure) -> None: ...

    return WithoutStore(places, nothing, spool, nothing, threading.Lock(), lambda *_: None)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done() and time.monotonic() < deadline:
        time.sleep(0.01)
