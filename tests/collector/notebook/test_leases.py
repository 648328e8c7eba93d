"""One holder of a lease at a time, on either database."""

from __future__ import annotations

import threading

from spanwise_collector.notebook import Notebook
from spanwise_collector.notebook.leases import Lease

from tests.collector.notebook.conftest import Place


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_that_asks_has_it_and_keeps_it_while_it_renews(notebook: Notebook) -> None:
    clock = Clock()
    one, other = (Lease(notebook, "look", name, 10, clock) for name in ("one", "other"))
    assert (one.held(), other.held(), Lease(notebook, "else", "other", 10, clock).held()) == (True, False, True)
    for _ in range(5):
        clock.now += 9
        assert (one.held(), other.held()) == (True, False)


def test_one_that_is_not_renewed_is_taken_over_by_another_that_saw_it_so_for_long_enough(notebook: Notebook) -> None:
    clock = Clock()
    one, other, third = (Lease(notebook, "look", name, 10, clock) for name in ("one", "other", "third"))
    assert (one.held(), other.held()) == (True, False)
    clock.now = 9.9
    assert (other.held(), third.held()) == (False, False)
    clock.now = 10
    assert (other.held(), third.held(), one.held()) == (True, False, False)
    clock.now = 19
    assert (third.held(), one.held()) == (False, False)


def test_who_comes_back_under_its_name_has_it_at_once_and_who_leaves_frees_it(notebook: Notebook) -> None:
    one, other = Lease(notebook, "look", "one", 10), Lease(notebook, "look", "other", 10)
    assert one.held()
    other.give_up()
    again = Lease(notebook, "look", "one", 10)
    assert (other.held(), again.held()) == (False, True)
    again.give_up()
    assert (other.held(), one.held()) == (True, False)


def test_of_many_that_ask_at_once_one_has_it(place: Place) -> None:
    notebook = place.open()
    found: list[bool] = []
    leases = [Lease(notebook, "look", f"{number}", 10) for number in range(4)]
    threads = [threading.Thread(target=lambda each=each: found.append(each.held())) for each in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
