"""The places of services among those that have a colour: kept for good, and of one service each."""

from __future__ import annotations

import threading

import pytest
from spanwise_collector.notebook import Notebook, colours

from tests.collector.notebook.conftest import Place


def test_a_service_keeps_its_place_and_new_ones_come_after_it(notebook: Notebook) -> None:
    assert colours.every(notebook, "a") == []
    assert colours.give(notebook, "a", {"web", "api"}) == ["api", "web"]
    assert colours.give(notebook, "a", {"db", "web", "aaa"}) == ["api", "web", "aaa", "db"]
    assert colours.give(notebook, "b", {"db"}) == ["db"]
    assert colours.every(notebook, "a") == ["api", "web", "aaa", "db"]


def test_names_that_cannot_be_kept_are_left_out_and_places_are_bounded(notebook: Notebook) -> None:
    assert colours.give(notebook, "a", {"", "x" * 255, "x" * 256, "nul\0"}) == ["", "x" * 255]
    many = {f"{number:04}" for number in range(2 * colours.MOST)}
    assert len(colours.give(notebook, "a", many)) == colours.MOST
    assert colours.give(notebook, "a", {"new"}) == colours.every(notebook, "a")


def test_where_all_places_are_given_those_of_services_that_are_gone_are_given_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colours, "MOST", 4)
    assert colours.give(notebook, "a", {"a", "b", "c"}) == ["a", "b", "c"]
    assert colours.give(notebook, "a", {"d", "e"}, {"b", "d", "e"}) == ["e", "b", "c", "d"]
    assert colours.give(notebook, "a", {"f", "g"}, {"b", "e", "d", "f", "g"}) == ["e", "b", "f", "d"]
    assert colours.every(notebook, "a") == ["e", "b", "f", "d"]


def test_collectors_that_give_places_at_once_give_each_to_one_service(place: Place) -> None:
    books = [place.open() for _ in range(4)]
    together, failed = threading.Barrier(len(books)), list[BaseException]()

    def give(number: int) -> None:
        together.wait()
        try:
            colours.give(books[number], "a", {f"{number}-{each}" for each in range(3)} | {"shared"})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=give, args=(number,)) for number in range(len(books))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(colours.every(books[0], "a")) == sorted(
        ["shared", *(f"{number}-{each}" for number in range(len(books)) for each in range(3))]
    )
