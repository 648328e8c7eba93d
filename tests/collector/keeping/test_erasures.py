"""One deletion that goes wrong, or can no longer be read, does not keep the others from being carried out."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
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
    with process(tmp_path / "data"):
        deadline = time.monotonic() + 30
        while good.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert {each.name: each.read_bytes() for each in wishes.iterdir()} == {
        f"{name}.json.damaged": text for name, text in DAMAGED.items()
    }
