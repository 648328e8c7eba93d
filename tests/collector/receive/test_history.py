"""What came in during the last minutes is told from copies of the counters, by a clock that the tests turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import health
from spanwise_collector.model.health import RECENT_MINUTES, Arrival, Counts, Health, Recent
from spanwise_collector.receive import history, intake
from spanwise_collector.receive.history import INTERVAL, History
from spanwise_collector.receive.intake import Counters
from spanwise_collector.receive.sender import address_of_peer
from starlette.requests import Request

TRACES = ("traces", "otlp_http")
BAD = ("traces", "otlp_http", "bad_data")
NONE = Counts({}, {}, {}, {})


class Running:
    """A collector's counters and their history, without the collector."""

    def __init__(self) -> None:
        self.seconds = 1000
        self.counters = Counters()
        self.history = History(self.counters.counts, self.counters.forget, lambda: self.seconds * 10**9)

    def go_on(self, seconds: int) -> None:
        for _ in range(seconds // INTERVAL):
            self.seconds += INTERVAL
            self.history.take()
        self.seconds += seconds % INTERVAL


@pytest.fixture
def running() -> Running:
    return Running()


def test_what_came_long_ago_is_not_told_and_what_came_lately_is(running: Running) -> None:
    running.counters.accepted[TRACES] += 7
    running.counters.refused[BAD] += 2
    running.go_on(600)
    running.counters.accepted[TRACES] += 3
    running.counters.rejected[TRACES] += 1
    running.counters.repeated[TRACES] += 4
    running.go_on(60)
    running.counters.refused[BAD] += 1
    lately = Counts({TRACES: 3}, {TRACES: 1}, {TRACES: 4}, {BAD: 1})
    assert running.history.recent(5) == Recent(lately, 300.0, whole=False)
    running.go_on(304)
    assert running.history.recent(5) == Recent(Counts({}, {}, {}, {BAD: 1}), 304.0, whole=False)
    assert running.history.recent(7) == Recent(lately, 424.0, whole=False)


def test_a_younger_collector_tells_of_its_whole_life_and_says_how_long_that_is(running: Running) -> None:
    running.counters.accepted[TRACES] += 7
    running.go_on(299)
    assert running.history.recent(5) == Recent(Counts({TRACES: 7}, {}, {}, {}), 299.0, whole=True)
    running.go_on(1)
    assert not running.history.recent(5).whole


def test_an_hour_is_kept_and_no_more_than_that_however_long_the_collector_runs(running: Running) -> None:
    for _ in range(3 * RECENT_MINUTES):
        running.counters.accepted[TRACES] += 1
        running.go_on(60)
    told = [running.history.recent(minutes) for minutes in (1, 30, RECENT_MINUTES)]
    assert [each.counts.accepted for each in told] == [{TRACES: 1}, {TRACES: 30}, {TRACES: RECENT_MINUTES}]
    assert [(each.seconds, each.whole) for each in told] == [(60.0, False), (1800.0, False), (3600.0, False)]
    running.go_on(INTERVAL - 1)
    assert running.history.recent(RECENT_MINUTES).seconds == 3600.0 + INTERVAL - 1


def test_a_process_that_stood_still_says_how_far_back_its_figures_go(running: Running) -> None:
    running.go_on(60)
    running.counters.accepted[TRACES] += 1
    running.seconds += 2000
    assert running.history.recent(5) == Recent(Counts({TRACES: 1}, {}, {}, {}), 2000.0, whole=False)


def test_copies_are_taken_until_it_is_cancelled(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "INTERVAL", 0)

    async def keep() -> None:
        task = asyncio.create_task(running.history.keep())
        running.seconds += 300
        running.counters.accepted[TRACES] += 1
        while running.history.recent(0).counts != NONE:  # noqa: ASYNC110 - nothing tells of a copy
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(keep(), 30))


@pytest.fixture
def client(running: Running) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(
        health.words_router(
            lambda: _health(running), running.history.recent, lambda _project, _since: SENDERS, _project
        )
    )
    with TestClient(app) as made:
        yield made


SENDERS = [Arrival(name, f"{name}-1", 1, 0, 1) for name in ("api", "cart", "pay", "web", "zip")]


def _project(_request: Request) -> str:
    return "default"


def _health(running: Running) -> Health:
    figures: dict[str, Any] = dict.fromkeys(Health.__slots__, 0)
    nothing: dict[str, Any] = {"queries_stopped": {}, "set_aside": {}, "damaged": [], "spool_damaged": []}
    nothing["undone_deletions"] = []
    return Health(
        **{**figures, **nothing, "spool_error": None, "store_error": None, "total": running.counters.counts()}
    )


def test_addresses_are_told_by_arrival_each_to_its_own_project_and_only_so_many(
    running: Running, client: TestClient
) -> None:
    running.counters.came("default", "10.0.0.9", 100)
    running.go_on(600)
    for number in range(intake._MOST_SENDERS + 1):
        running.counters.came("default", f"10.0.0.{number}", 1 + (number == 3))
    running.counters.came("another", "10.0.0.1", 9)
    running.counters.came("default", "", 9)
    running.counters.came("default", "10.0.0.1", 0)
    answer = client.get("/api/v1/health").json()
    assert answer["origins"][0] == {"address": "10.0.0.3", "items": 2}
    assert answer["origins"][-1] == {"address": "", "items": 1}
    assert len(answer["origins"]) == intake._MOST_SENDERS + 1
    assert (
        "nothing arrived, for this project from 10.0.0.3, 10.0.0.0, 10.0.0.1 and 198 more, and 0 requests"
        in answer["summary"]
    )


def origins_of(running: Running, project: str) -> dict[str, int]:
    return dict(health.origins_of(running.history.recent(RECENT_MINUTES).counts, project))


def test_many_addresses_of_one_project_take_no_room_from_those_of_another(running: Running) -> None:
    for number in range(intake._MOST_SENDERS + 5):
        running.counters.came("default", f"10.0.0.{number}", 1)
    running.counters.came("another", "10.1.0.1", 3)
    assert origins_of(running, "default")[""] == 5
    assert origins_of(running, "another") == {"10.1.0.1": 3}
    for number in range(intake._MOST_SENDERS_OF_ALL):
        running.counters.came(f"project {number % 10}", f"10.2.0.{number}", 1)
    assert sum(bool(address) for _, address in running.counters.senders) == intake._MOST_SENDERS_OF_ALL


def test_addresses_from_which_nothing_came_for_an_hour_make_room_and_begin_anew(running: Running) -> None:
    for number in range(intake._MOST_SENDERS):
        running.counters.came("default", f"10.0.0.{number}", 7)
    running.counters.came("default", "10.1.0.1", 1)
    for _ in range(RECENT_MINUTES + 1):
        running.go_on(60)
        running.counters.came("default", "10.0.0.0", 1)
    running.counters.came("default", "10.1.0.1", 2)
    running.counters.came("default", "10.0.0.5", 3)
    assert origins_of(running, "default") == {"10.0.0.0": RECENT_MINUTES + 1, "10.0.0.5": 3, "10.1.0.1": 2}
    assert running.counters.senders.keys() == {("default", f"10.{each}") for each in ("0.0.0", "0.0.5", "1.0.1")}
    for number in range(intake._MOST_SENDERS - 2):
        running.counters.came("default", f"10.2.0.{number}", 1)
    assert origins_of(running, "default")[""] == 1


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.1:5000", "10.0.0.1"),
        ("ipv6:%5B2001:db8::1%5D:5000", "2001:db8::1"),
        ("unix:/run/socket", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_caller_over_grpc_is_read_out_of_its_name(peer: str, address: str) -> None:
    assert address_of_peer(peer) == address


def test_the_answer_has_the_last_minutes_and_the_totals_beside_them(running: Running, client: TestClient) -> None:
    running.counters.accepted[TRACES] += 7
    running.counters.refused[BAD] += 2
    running.go_on(600)
    running.counters.accepted[TRACES] += 1
    quiet = client.get("/api/v1/health", params={"minutes": 60}).json()
    answer = client.get("/api/v1/health").json()
    (arrived,), (total,) = answer["arrived"], answer["arrived_total"]
    assert (arrived["accepted"], total["accepted"], answer["refused"]) == (1, 8, [])
    assert [each["requests"] for each in answer["refused_total"]] == [2]
    assert (answer["minutes"], answer["sentences"], quiet["minutes"]) == (5, [], 60)
    assert answer["summary"] == (
        "In the last 5 minutes 1 span arrived and 0 requests were refused;"
        " spans of this project that began in that time, by their own clocks,"
        " came from 5 instances of api, cart, pay and 2 more."
    )
    assert quiet["sentences"] == [
        "Since the start 10 minutes ago 2 requests with traces over OTLP over HTTP were refused: bad_data."
        " The sender's exporter is set to another protocol, or is broken."
    ]
    assert [client.get("/api/v1/health", params={"minutes": each}).status_code for each in (0, 61)] == [422, 422]
