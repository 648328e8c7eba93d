"""`spanwise diff`: what it prints of an answer, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise_collector.cli import comparison

from tests.collector.registry.servers import recorded


def answer(matched: int = 20, score: float = 0.75, share: float = 0.9) -> dict[str, Any]:
    one = {"matched": matched, "looked_at": 10, "trees": 5, "failed": 2}
    key = {"score": score, "claim": "90% of A have shard:7\033[2J, 0% of B.", "values": [{"difference": -1.0}]}
    place = {"share": share, "claim": "find of stock takes 200 ms a call by itself in A, 11 ms in B."}
    return {
        "summary": "20 spans against 20.",
        "a": one,
        "b": one,
        "attributes": {"keys": [key], "left_out_total": 3},
        "calls": {"places": [place, {"share": 0.0, "claim": ""}]},
    }


def printed(given: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    path = "/api/v1/compare?start=now-5m&a=ab+cd&b=baseline&split=slow"
    with recorded({path: given}) as server:
        url = f"http://127.0.0.1:{server.port}"
        code = comparison.diff(["ab cd", "baseline", "--split", "slow", "--start", "now-5m", "--url", url])
        assert [asked for asked, _ in server.asked] == [path]
    return code, capsys.readouterr().out.splitlines()


def test_calls_and_attributes_are_shown_with_their_shares(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(answer(), capsys) == (
        1,
        [
            "a: 20 spans (2 failed)   b: 20 (2)",
            "20 spans against 20.",
            "",
            "Calls",
            "  █████████░  90%  find of stock takes 200 ms a call by itself in A, 11 ms in B.",
            "",
            "Attributes",
            "  ████████░░  75%  90% of A have shard:7\\x1b[2J, 0% of B.",
            "",
            "Looked at 10 and 10 spans, the calls below 5 and 5; 3 keys were left out (--json names them).",
        ],
    )


def test_the_time_to_hold_it_against_is_asked_for() -> None:
    path = "/api/v1/compare?start=now-5m&baseline_start=now-2h&baseline_end=now-1h"
    with recorded({path: answer()}) as server:
        url = f"http://127.0.0.1:{server.port}"
        times = ["--start", "now-5m", "--baseline-start", "now-2h", "--baseline-end", "now-1h"]
        assert comparison.diff([*times, "--url", url]) == 1
        assert [asked for asked, _ in server.asked] == [path]


def test_nothing_different_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = printed(answer(score=0.0, share=0.0), capsys)
    assert (code, len(lines)) == (0, 4)


def test_of_single_traces_every_difference_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = printed(answer(matched=1, score=0.0, share=0.0), capsys)
    assert (code, lines[4]) == (1, "  ██████████ 100%  90% of A have shard:7\\x1b[2J, 0% of B.")
