"""Views that are kept for links: by what they say, of one project, and no more than are stated."""

from __future__ import annotations

import threading

import pytest
from spanwise_collector.errors import InvalidParameter, NotFound
from spanwise_collector.notebook import Notebook, links

from tests.collector.notebook.conftest import Place


def test_the_same_view_has_the_same_link_and_another_project_does_not_see_it(notebook: Notebook) -> None:
    query = "q=<script>&find='; DROP TABLE keys; --\u202e" + "x" * 3000
    name = links.keep(notebook, "a", query)
    assert len(name) == 22
    assert links.keep(notebook, "a", query) == name == links.keep(notebook, "b", query)
    assert links.keep(notebook, "a", query + "x") != name
    assert links.query_of(notebook, "a", name) == query
    with pytest.raises(NotFound, match="There is no view"):
        links.query_of(notebook, "c", name)


def test_those_that_were_used_last_are_kept(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST", 3)
    monkeypatch.setattr(links, "_USED_AGAIN", 0)
    other = links.keep(notebook, "b", "0")
    names = [links.keep(notebook, "a", str(number)) for number in range(3)]
    assert links.query_of(notebook, "a", names[0]) == "0"
    names.append(links.keep(notebook, "a", "3"))
    assert [found(notebook, "a", each) for each in names] == ["0", None, "2", "3"]
    assert found(notebook, "b", other) == "0"


def test_a_view_is_bounded_by_its_bytes(notebook: Notebook) -> None:
    links.keep(notebook, "a", "x" * links.LONGEST)
    with pytest.raises(InvalidParameter, match="The query has 16,002 bytes; 16,000 at most are kept"):
        links.keep(notebook, "a", "ä" * (links.LONGEST // 2 + 1))


def test_those_who_copy_the_same_view_at_once_get_the_same_link(place: Place) -> None:
    books = [place.open() for _ in range(4)]
    together, got = threading.Barrier(len(books)), list[object]()

    def keep(book: Notebook) -> None:
        for number in range(10):
            together.wait()
            try:
                got.append(links.keep(book, "a", str(number)))
            except BaseException as error:
                got.append(error)

    threads = [threading.Thread(target=keep, args=(book,)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {type(each) for each in got} == {str}
    assert len(set(got)) == 10


def found(notebook: Notebook, project: str, name: str) -> str | None:
    try:
        return links.query_of(notebook, project, name)
    except NotFound:
        return None
