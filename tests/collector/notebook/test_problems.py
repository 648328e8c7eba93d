"""Problems in the notebook: they begin, go on, end, begin again, and can be muted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spanwise_collector.errors import NotFound
from spanwise_collector.notebook import Notebook, problems
from spanwise_collector.notebook.problems import KEPT_FOR, MINUTE, OVER_AFTER, SAME_WITHIN, Kept, Seen

NOW = 1_795_000_000_000_000_000
SLOW = Seen(
    "stock", "stock-7", "find", "slow", "stock is slow: \"it\" 'is'.", ("it is.", "and ü."), 0.8,
    NOW - MINUTE, ("stock", "shop"), 12.5, "ab" * 16, "cd" * 8,
)  # fmt: skip


def kept(notebook: Notebook, *, open_only: bool = False, start: int = 0, end: int = 1 << 62) -> list[Kept]:
    found, total = problems.every(notebook, "shop", start=start, end=end, open_only=open_only, limit=100)
    assert total == len(found)
    return found


def test_a_problem_is_kept_as_it_was_seen(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    assert kept(notebook, open_only=True) == [Kept(1, SLOW, NOW, None, None, "")]
    assert problems.with_open(notebook) == ["shop"]
    assert problems.every(notebook, "other", start=0, end=1 << 62, open_only=False, limit=9) == ([], 0)


def test_a_problem_that_goes_on_stays_one_row_and_looks_as_it_did_at_its_worst(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    problems.note(notebook, "shop", [replace(SLOW, score=0.4, sentence="less", traces_per_minute=3)], NOW + MINUTE)
    assert kept(notebook) == [Kept(1, replace(SLOW, traces_per_minute=3), NOW + MINUTE, None, None, "")]
    worse = replace(SLOW, score=0.9, kind="failing", onset=NOW)
    problems.note(notebook, "shop", [worse], NOW + 2 * MINUTE)
    assert kept(notebook) == [Kept(1, replace(worse, onset=SLOW.onset), NOW + 2 * MINUTE, None, None, "")]


def test_a_problem_that_is_not_seen_any_more_is_over_since_it_was_seen_last(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    problems.note(notebook, "shop", [], NOW + OVER_AFTER - 1)
    assert [each.ended for each in kept(notebook)] == [None]
    problems.note(notebook, "shop", [], NOW + OVER_AFTER)
    assert [each.ended for each in kept(notebook)] == [NOW]
    assert (kept(notebook, open_only=True), problems.with_open(notebook)) == ([], [])
    assert problems.troubled(notebook, "shop", NOW - MINUTE, NOW + MINUTE) == [(SLOW.onset, NOW)]


@pytest.mark.parametrize(("later", "rows"), [(SAME_WITHIN, 1), (SAME_WITHIN + 1, 2)])
def test_what_comes_back_soon_is_the_same_problem(notebook: Notebook, later: int, rows: int) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    problems.note(notebook, "shop", [], NOW + OVER_AFTER)
    problems.note(notebook, "shop", [replace(SLOW, onset=NOW + later)], NOW + later)
    assert len(kept(notebook)) == rows
    assert len(kept(notebook, open_only=True)) == 1


def test_those_that_go_on_come_first_and_the_surest_of_them(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [replace(SLOW, service="old")], NOW - OVER_AFTER)
    problems.note(notebook, "shop", [replace(SLOW, service="a", score=0.3), replace(SLOW, service="b")], NOW)
    assert [each.seen.service for each in kept(notebook)] == ["b", "a", "old"]
    assert [each.seen.service for each in kept(notebook, end=SLOW.onset)] == []
    assert [each.seen.service for each in kept(notebook, start=NOW - OVER_AFTER + 1)] == ["b", "a"]


def test_a_problem_can_be_muted_and_heard_again(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    muted = problems.mute(notebook, "shop", 1, NOW + 5, "known")
    assert muted == Kept(1, SLOW, NOW, None, NOW + 5, "known")
    problems.note(notebook, "shop", [SLOW], NOW + MINUTE)
    assert [each.muted for each in kept(notebook)] == [NOW + 5]
    assert problems.mute(notebook, "shop", 1, None, "").muted is None
    for project, number in (("shop", 2), ("other", 1)):
        with pytest.raises(NotFound, match=f"There is no problem {number}"):
            problems.mute(notebook, project, number, NOW, "")


def test_what_is_over_for_a_month_goes(notebook: Notebook) -> None:
    problems.note(notebook, "shop", [SLOW], NOW)
    problems.note(notebook, "shop", [], NOW + OVER_AFTER)
    problems.note(notebook, "shop", [], NOW + KEPT_FOR)
    assert len(kept(notebook)) == 1
    problems.note(notebook, "shop", [], NOW + KEPT_FOR + 1)
    assert kept(notebook) == []


def test_texts_of_telemetry_fit_whatever_they_are(notebook: Notebook) -> None:
    claims = tuple(f"{number}{'c' * 999}" for number in range(20))
    services = tuple(f"{number}{'x' * 99}" for number in range(99))
    odd = replace(SLOW, service="s\0" * 300, sentence="ü\0" * 3000, claims=claims, services=services)
    for now in (NOW, NOW + MINUTE):
        problems.note(notebook, "shop", [odd], now)
    (found,) = kept(notebook)
    assert (found.seen.service, found.seen.sentence) == ("s" * 255, "ü" * 2000)
    assert (len(found.seen.claims), len(found.seen.services)) == (8, 50)


def test_no_service_is_named_twice_and_long_names_that_begin_alike_are_told_apart(notebook: Notebook) -> None:
    long = "a-team-of-the-platform-with-a-name-that-says-everything-about-" + "x" * 60
    odd = replace(SLOW, services=("stock", f"{long}-orders", f"{long}-items", "stock", "st\0ock", "y" * 300, "y" * 400))
    problems.note(notebook, "shop", [odd], NOW)
    assert kept(notebook)[0].seen.services == ("stock", f"{long}-orders", f"{long}-items", "y" * 255)


def test_a_list_holds_as_many_as_its_column_does(notebook: Notebook) -> None:
    odd = replace(SLOW, services=tuple(f"{number:02}" + "\x01" * 90 for number in range(40)))
    problems.note(notebook, "shop", [odd], NOW)
    found = kept(notebook)[0].seen.services
    assert found == odd.services[:14]
