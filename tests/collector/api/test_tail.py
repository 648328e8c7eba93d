"""The live tail: what matches, in order, each once, resumed after an interruption; slow clients; clients that leave."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import pytest
from spanwise_collector.api import feeds as tails
from spanwise_collector.api.feeds import Feeds, Page, Rest, Source
from spanwise_collector.cli.tail import failure
from spanwise_collector.cli.terminal import moment
from spanwise_collector.errors import Overloaded, QueryLimit, Refused, StoreError
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.language.parse import parse
from spanwise_collector.query.language.tree import Signal
from spanwise_collector.query.tail import Place, Wanted, arrived, remaining
from spanwise_collector.query.times import MAX_TIME

from tests.collector.inside import Inside
from tests.collector.process import Process, process
from tests.factories import START, key_values, logs, record, span, trace_ids, traces


class Ticking:
    """Ten messages a look, and a clock that ticks with each."""

    def __init__(self) -> None:
        self.now = 0
        self.looks: list[tuple[int, int]] = []

    def tick(self) -> int:
        self.now += 10
        return self.now

    def news(self, after: int, until: int) -> tuple[list[bytes], int]:
        self.looks.append((after, until))
        return [b"%d" % number for number in range(after, until)], 0

    def page(self, after: int, until: int) -> Page:
        """Seven messages a page."""
        here = min(after + 7, until)
        messages = [b"%d" % number for number in range(after, here)]
        rest = None if here == until else Rest(partial(self.page, here, until), lambda: until - here)
        return Page(messages, here, rest)

    @property
    def whole(self) -> Source:
        return Source(self.news, self.page)


def test_clients_of_one_query_share_a_look_and_those_who_leave_are_freed() -> None:
    async def follow() -> None:
        source = Ticking()
        feeds = Feeds(source.tick, interval=0.001, most=2)
        first = feeds.follow("q", source.whole, None)
        second = feeds.follow("q", source.whole, None)
        begun = [await anext(each) for each in (first, second)]
        assert begun[0] == begun[1]
        with pytest.raises(Overloaded, match="tail_clients"):
            feeds.follow("q", source.whole, None)
        seen = [[await anext(each) for _ in range(23)] for each in (first, second)]
        assert seen[0] == seen[1]
        assert len(source.looks) == len({after for after, _ in source.looks})
        for each in (first, second):
            await each.aclose()
        assert feeds.clients == 0
        looks = len(source.looks)
        await asyncio.sleep(0.02)
        assert len(source.looks) <= looks + 1

    asyncio.run(follow())


def test_what_came_before_is_read_once_and_followed_without_a_gap() -> None:
    async def follow() -> None:
        source = Ticking()
        source.now = 100
        feeds = Feeds(source.tick, interval=0.001)
        client = feeds.follow("q", source.whole, 90)
        numbers: list[int] = []
        async for message in client:
            if message.isdigit():
                numbers.append(int(message))
            if len(numbers) == 50:
                break
        assert numbers == list(range(90, 140))

    asyncio.run(follow())


def told(messages: list[bytes]) -> list[str]:
    """Numbers as they are, of other messages the kind; positions and comments left out."""
    texts = [each.decode() for each in messages]
    kinds = {each: each.split("\n")[0] for each in texts if not each.startswith(("id: ", ": "))}
    return [kinds[each] for each in texts if each in kinds]


async def first_of(client: AsyncGenerator[bytes], count: int) -> list[str]:
    found: list[bytes] = []
    while len(told(found)) < count:
        found.append(await anext(client))
    return told(found)


def test_of_more_than_is_told_of_what_was_missed_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "_MOST_MISSED", 20)

    async def follow() -> None:
        source = Ticking()
        source.now = 100
        # Nothing comes meanwhile.
        client = Feeds(lambda: source.now, interval=0.001).follow("q", source.whole, 50)
        found = [await anext(client) for _ in range(26)]
        await client.aclose()
        assert told(found) == [*map(str, range(50, 71)), "event: dropped"]
        assert found[-2] == b'event: dropped\ndata: {"count":29}\n\n'
        assert [each for each in found if each.startswith(b"id: ")] == [*map(tails.position, (50, 57, 64, 100))]

    asyncio.run(follow())


@pytest.mark.parametrize("refusal", [StoreError("away"), Overloaded("busy")])
def test_a_refusal_while_it_catches_up_is_told_and_nothing_is_missed(refusal: Refused) -> None:
    async def follow() -> None:
        source = Ticking()
        source.now = 100
        refusals = [refusal, refusal]

        def page(after: int, until: int) -> Page:
            if after and refusals:
                raise refusals.pop()
            return source.page(after, until)

        client = Feeds(source.tick, interval=0.001).follow("q", Source(source.news, page), 90)
        found = await first_of(client, 51)
        await client.aclose()
        assert found == ["event: failed", *map(str, range(90, 140))]

    asyncio.run(follow())


LIMIT = QueryLimit("query_timeout", "it takes longer than 30 s")


@pytest.mark.parametrize(("refusal", "first"), [(StoreError("away"), 10), (LIMIT, 30)])
def test_a_refusal_of_what_comes_is_told_once_and_only_what_costs_too_much_is_left_out(
    refusal: Refused, first: int
) -> None:
    async def follow() -> None:
        source = Ticking()
        refusals = [refusal, refusal]

        def news(after: int, until: int) -> tuple[list[bytes], int]:
            if refusals:
                raise refusals.pop()
            return source.news(after, until)

        client = Feeds(source.tick, interval=0.001).follow("q", Source(news, source.page), None)
        found = await first_of(client, 31)
        await client.aclose()
        assert found == ["event: failed", *map(str, range(first, first + 30))]

    asyncio.run(follow())


def test_who_joins_amid_trouble_is_told_of_it_and_all_are_told_of_its_end_though_nothing_came() -> None:
    async def follow() -> None:
        source, failing = Ticking(), True

        def news(after: int, until: int) -> tuple[list[bytes], int]:
            if failing:
                raise StoreError("away")
            return [], 0

        feeds = Feeds(source.tick, interval=0.001)
        first = feeds.follow("q", Source(news, source.page), None)
        found = [[await anext(first) for _ in range(2)]]
        second = feeds.follow("q", Source(news, source.page), None)
        found.append([await anext(second) for _ in range(2)])
        told = b'event: failed\ndata: {"code": "store_unavailable", "message": "away", "missed": false}\n\n'
        assert [each[1] for each in found] == [told, told]
        failing = False
        for client in (first, second):
            assert (await anext(client)).startswith(b"id: ")
            await client.aclose()

    asyncio.run(asyncio.wait_for(follow(), 60))


def test_what_costs_too_much_to_catch_up_with_is_told_and_the_tail_goes_on() -> None:
    async def follow() -> None:
        source = Ticking()
        source.now = 100

        def page(after: int, until: int) -> Page:
            if after < 100:
                raise LIMIT
            return source.page(after, until)

        client = Feeds(source.tick, interval=0.001).follow("q", Source(source.news, page), 90)
        found = await first_of(client, 21)
        await client.aclose()
        assert found == ["event: failed", *map(str, range(110, 130))]

    asyncio.run(follow())


def test_what_was_missed_comes_page_by_page_each_once_in_the_order_of_arrival(collector: Inside) -> None:
    project = "missed"
    made = [record(f"line {number}", START + number) for number in range(37)]
    # Those of one request are received at the same time, and some are alike.
    for some in (made[:25], [*made[25:], made[30]]):
        collector.send(project, logs(some))
        collector.send(project, traces([span(each, 1) for each in trace_ids(3)]))
    signals: tuple[Signal, ...] = ("spans", "logs")
    wanted = [Wanted(project, each, parse("", each).where) for each in signals]
    whole = arrived(collector.engine, wanted, dict.fromkeys(signals, Place(1)), MAX_TIME, 1000)
    assert whole.rest is None
    paged = arrived(collector.engine, wanted, dict.fromkeys(signals, Place(1)), MAX_TIME, 10)
    rows, left = list(paged.rows), []
    while paged.rest is not None:
        left.append(remaining(collector.engine, wanted, paged.rest, MAX_TIME))
        assert len(rows) + left[-1] == 44
        paged = arrived(collector.engine, wanted, paged.rest, MAX_TIME, 10)
        assert paged.rows
        rows += paged.rows
    assert len(left) >= 3
    assert rows == whole.rows
    bodies = Counter(each.body for _, each in rows if isinstance(each, LogRecord))
    assert bodies == Counter(f"line {number}" for number in [*range(37), 30])


def test_the_terminal_says_what_is_left_out_and_what_is_asked_for_again() -> None:
    away, limit = {"code": "store_away", "message": "a\x1b"}, {"code": "query_limit", "message": "b"}
    found = [failure({**each, "missed": missed}) for each in (away, limit) for missed in (True, False)]
    assert found == [
        "what was missed cannot be read now, and is asked for again: a\\x1b",
        "what comes cannot be read now, and is asked for again: a\\x1b",
        "what was missed is left out: b",
        "what comes is left out: b",
    ]


def test_a_slow_client_is_told_how_many_it_missed() -> None:
    async def follow() -> None:
        source = Ticking()
        feeds = Feeds(source.tick, interval=0.001, buffer=15)
        client = feeds.follow("q", source.whole, None)
        await anext(client)
        while len(source.looks) < 5:  # noqa: ASYNC110 - the source has no event
            await asyncio.sleep(0.001)
        message = await anext(client)
        assert message.startswith(b"event: dropped\n")
        dropped = json.loads(message.split(b"data: ")[1])["count"]
        rest = [await anext(client) for _ in range(15)]
        numbers = [int(each) for each in rest if each.isdigit()]
        assert dropped > 20
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    asyncio.run(follow())


def begin(service: Process, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "spanwise"), *arguments, "--url", f"http://{service.http}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(service: Process, *arguments: str) -> tuple[int, str, str]:
    process = begin(service, *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_terminal_follows_what_matches_and_steers_nothing(service: Process) -> None:
    [one] = trace_ids(1)
    follower = begin(service, "tail", "service:tailed", "--since", "now-1m", "--json")
    sent = [record(f"line {number}\x1b[2J", START + number, severity_text="INFO") for number in range(20)]
    service.post("/v1/logs", logs(sent, service="tailed").SerializeToString())
    service.post("/v1/logs", logs([record("other")], service="untailed").SerializeToString())
    service.post("/v1/traces", traces([span(one, name="GET /tailed")], service="tailed").SerializeToString())
    assert follower.stdout is not None
    lines = [json.loads(follower.stdout.readline()) for _ in range(21)]
    follower.send_signal(signal.SIGINT)
    assert follower.communicate(timeout=60) == ("", "")
    assert follower.returncode == 0
    assert [each["body"] for each in lines[:20]] == [f"line {number}\x1b[2J" for number in range(20)]
    assert lines[20]["name"] == "GET /tailed"
    code, out, err = run(service, "logs", "service:tailed", "--start", "0", "--limit", "2")
    assert (code, err) == (0, "There are more: --limit, or a narrower query.\n")
    assert [line.split(" ", 2)[2] for line in out.splitlines()] == [
        r"tailed INFO line 18\x1b[2J", r"tailed INFO line 19\x1b[2J",
    ]  # fmt: skip
    assert run(service, "trace", one)[1].startswith(f"Trace {one}  1 ms\n")
    assert one in run(service, "traces", "service:tailed", "--start", "0")[1]
    assert run(service, "trace", "f" * 32)[0] == 1
    assert run(service, "logs", "(")[0] == 2


def test_a_tail_that_is_left_is_freed_and_holds_no_stop_up(tmp_path: Path) -> None:
    with process(tmp_path / "data", "--stop-timeout", "10m", "--stop-limit", "10m") as own:
        with own.client.stream("GET", "/api/v1/tail", params={"q": "b"}) as stream:
            assert next(stream.iter_lines()).startswith("id: ")
            code, _ = own.stop()
        assert code == 0


def test_the_terminal_lists_errors_and_steers_nothing(service: Process) -> None:
    [one] = trace_ids(1)
    made = span(one, 1, status=2)
    texts = {"exception.type": "Declined", "exception.message": "card \x1b[2J of 'anna'"}
    texts["exception.stacktrace"] = "Declined: card\n    at pay (/app/shop/pay.js:10:15)\n"
    made.events.add(name="exception", time_unix_nano=START, attributes=key_values(texts))
    service.post("/v1/traces", traces([made], service="declining").SerializeToString())
    service.settle()
    code, out, err = run(service, "errors", "--service", "declining", "--start", "0")
    assert (code, err) == (0, "")
    fingerprint, *words = out.split()
    assert " ".join(words) == (
        f"1 {moment(START)} open declining Declined: card \\x1b[<*> of <*> pay /app/shop/pay.js:10"
    )
    code, out, _ = run(service, "errors", "name:span*", "--service", "declining", "--start", "0", "--json")
    assert (code, [each["fingerprint"] for each in json.loads(out)["errors"]]) == (0, [fingerprint])
    assert run(service, "errors", "--service", "declining", "--start", "0", "--state", "muted")[0] == 1
    assert run(service, "errors", "(")[0] == 2


def test_what_waits_for_a_slow_client_is_bounded_in_bytes_too() -> None:
    """A record may have megabytes: two thousand of them would be gigabytes for one client that does not read."""

    async def follow() -> None:
        source = Ticking()

        def large(after: int, until: int) -> tuple[list[bytes], int]:
            messages, left_out = source.news(after, until)
            return [bytes(2**20) for _ in messages], left_out

        feeds = Feeds(source.tick, interval=0.001)
        client = feeds.follow("q", Source(large, source.page), None)
        await anext(client)
        while len(source.looks) < 5:  # noqa: ASYNC110 - the source has no event
            await asyncio.sleep(0.001)
        [waiting] = feeds._feeds["q"].clients
        assert 15 * 2**20 < sum(map(len, waiting.waiting)) <= 16 * 2**20
        assert (await anext(client)).startswith(b"event: dropped\n")
        await client.aclose()

    asyncio.run(follow())


def test_a_tail_goes_on_when_the_clock_is_set_back() -> None:
    """By hours: without that, all that arrives until the clock is where it was would be told to nobody."""

    async def follow() -> None:
        source = Ticking()
        source.now = 10**15
        client = Feeds(source.tick, interval=0.001).follow("q", source.whole, None)
        assert [await anext(client) for _ in range(3)][1:] == [b"%d" % (10**15 + 10), b"%d" % (10**15 + 11)]
        source.now = 5 * 10**14
        while int(message := await next_number(client)) > 10**15:
            pass
        assert 5 * 10**14 <= int(message) < 6 * 10**14
        await client.aclose()

    asyncio.run(asyncio.wait_for(follow(), 30))


async def next_number(client: AsyncGenerator[bytes]) -> bytes:
    async for message in client:
        if message.isdigit():
            return message
    raise AssertionError("the tail ended")
