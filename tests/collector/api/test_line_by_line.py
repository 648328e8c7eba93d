"""Lists as lines, over a socket: each window's rows are sent before the next is asked; the end says what is covered."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from spanwise_collector.api.refusals import detail_of
from spanwise_collector.errors import QueryLimit
from spanwise_collector.notebook.keys import DEFAULT_PROJECT
from spanwise_collector.query import records, traces, windows
from spanwise_collector.store.errand import current

from tests import factories
from tests.collector.inside import Inside
from tests.collector.process import eventually
from tests.factories import MINUTE, START, record, span, trace_ids

LINES = {"Accept": "application/x-ndjson"}
PROGRESS = "application/x-ndjson;progress=on"
COUNT = 60
AT = START - 40 * 24 * 60 * MINUTE
ASKED = {"start": str(AT), "end": str(AT + COUNT * MINUTE), "service": "line by line", "limit": str(COUNT)}
LISTS = ("traces", "spans", "logs")
Last = Callable[[], None]


@pytest.fixture(scope="module")
def address(collector: Inside) -> Iterator[str]:
    """The collector's routes behind a socket; a span and a record to each of COUNT minutes."""
    spans = [
        span(each, 1, start_time_unix_nano=AT + n * MINUTE, end_time_unix_nano=AT + n * MINUTE + 1)
        for n, each in enumerate(trace_ids(COUNT))
    ]
    logged = [record(f"line {n}", AT + n * MINUTE) for n in range(COUNT)]
    collector.send(DEFAULT_PROJECT, factories.traces(spans, "line by line"), factories.logs(logged, "line by line"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(collector.collector.asgi, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="line by line")
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        server.should_exit = True
        thread.join()


@contextmanager
def before_the_last_window(patch: pytest.MonkeyPatch, last: Last) -> Iterator[None]:
    """Windows of few rows, and `last` called in the collector before the last of them is asked."""
    whole = windows.newest_windows

    def held(*asked: Any) -> Iterator[tuple[int, int]]:
        *others, end = whole(*asked)
        yield from others
        last()
        yield end

    with patch.context() as within:
        within.setattr(windows, "_FIRST", 5)
        within.setattr(windows, "_LEAST", 1)
        for module in (records, traces):
            within.setattr(module, "newest_windows", held)
        yield


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as made:
        yield made


def listed(client: httpx.Client, path: str, **also: str) -> tuple[list[Any], dict[str, Any]]:
    """The items of a list as it comes in one piece, and what else it says."""
    answer = client.get(path, params=ASKED | also).raise_for_status().json()
    return answer.pop(path), answer


def without_cost(coverage: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in coverage.items() if name not in ("rows_scanned", "time")}


@pytest.mark.parametrize("path", LISTS)
def test_the_first_rows_are_sent_before_the_last_window_is_asked(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    items, coverage = listed(client, path)
    seen, in_time = threading.Event(), list[bool]()
    with (
        before_the_last_window(monkeypatch, lambda: in_time.append(seen.wait(60))),
        client.stream("GET", path, params=ASKED, headers=LINES) as answer,
    ):
        lines = answer.iter_lines()
        first = next(lines)
        seen.set()
        found = [json.loads(line) for line in (first, *lines)]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert in_time == [True]
    assert len(items) == COUNT
    assert found[:-1] == items
    assert found[-1].keys() == {"coverage"}
    assert without_cost(found[-1]["coverage"]) == without_cost(coverage)
    assert found[-1]["coverage"]["rows_scanned"] > 0


@pytest.mark.parametrize("path", LISTS)
def test_behind_each_window_stands_how_far_the_search_is_where_that_is_asked_for(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    items, _ = listed(client, path)
    with before_the_last_window(monkeypatch, lambda: None):
        answer = client.get(path, params=ASKED, headers={"Accept": "text/csv, application/x-ndjson; progress=on"})
        nothing = client.get(path, params=ASKED | {"service": "nobody's"}, headers={"Accept": PROGRESS})
    *found, last = [json.loads(line) for line in answer.text.splitlines()]
    steps = [each["progress"] for each in found if "progress" in each]
    assert [each for each in found if "progress" not in each] == items
    assert (len(steps) > 1, "progress" in found[-1], "coverage" in last) == (True, True, True)
    for name in ("rows_scanned", "time"):
        told = [each[name] for each in (*steps, last["coverage"])]
        assert told == sorted(told)
    *others, end = [json.loads(line) for line in nothing.text.splitlines()]
    assert others
    assert all(each.keys() == {"progress"} for each in others)
    assert end["coverage"]["returned"] == 0


@pytest.mark.parametrize("path", LISTS)
def test_a_walk_by_lines_is_the_walk_by_pages(client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    items, _ = listed(client, path)
    with before_the_last_window(monkeypatch, lambda: None):
        walked: list[Any] = []
        asked = ASKED | {"limit": "7"}
        while True:
            *found, last = client.get(path, params=asked, headers=LINES).raise_for_status().text.splitlines()
            coverage = json.loads(last)["coverage"]
            page, whole = listed(client, path, **{name: asked[name] for name in ("limit", "cursor") if name in asked})
            assert [json.loads(line) for line in found] == page
            assert without_cost(coverage) == without_cost(whole)
            walked += page
            if coverage["next_cursor"] is None:
                break
            asked["cursor"] = coverage["next_cursor"]
    assert walked == items


@pytest.mark.parametrize("path", LISTS)
def test_a_client_that_leaves_ends_the_search(
    client: httpx.Client, collector: Inside, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    stopped, left = collector.engine.queries.stopped, list[bool]()
    before = stopped["sender_left"]

    def last() -> None:
        errand = current.get()
        assert errand is not None
        left.append(errand.left.wait(60))

    with before_the_last_window(monkeypatch, last):
        with client.stream("GET", path, params=ASKED, headers=LINES) as answer:
            next(answer.iter_lines())
        assert eventually(lambda: stopped["sender_left"], lambda n: n > before) == before + 1
    # Where it was not noticed at an earlier window already.
    assert all(left)


def test_what_breaks_off_says_so_in_its_last_line(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = QueryLimit("query_timeout", "it took longer than 1 s")

    def last() -> None:
        raise limit

    with before_the_last_window(monkeypatch, last):
        answer = client.get("logs", params=ASKED, headers=LINES)
        nothing = client.get("logs", params=ASKED | {"service": "nobody's"}, headers={"Accept": PROGRESS})
    *found, end = [json.loads(line) for line in answer.text.splitlines()]
    items, _ = listed(client, "logs")
    assert answer.status_code == 200
    assert 0 < len(found) < COUNT
    assert found == items[: len(found)]
    assert end == {"error": detail_of(limit).model_dump(exclude_none=True), "status": 422}
    assert json.loads(nothing.text.splitlines()[-1]) == end


def test_what_is_refused_before_the_first_line_has_a_status(client: httpx.Client) -> None:
    answers = [client.get("logs", params={"q": "(("}, headers=headers) for headers in (LINES, {})]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


def test_nothing_found_is_one_line(client: httpx.Client) -> None:
    answer = client.get("logs", params=ASKED | {"service": "nobody's"}, headers=LINES)
    (line,) = answer.text.splitlines()
    coverage = json.loads(line)["coverage"]
    assert (coverage["returned"], coverage["total"], coverage["reason"]) == (0, 0, "end")
