"""The list of log records against its plain definition, over generated records."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as WireRecord
from spanwise_collector.api.parameters import LogQuery
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.severity import SPELLINGS
from spanwise_collector.query.page import encode_cursor
from spanwise_collector.query.records import RecordSearch, search_logs
from spanwise_collector.query.times import MAX_TIME
from spanwise_collector.receive.lines import decode
from spanwise_collector.receive.log_batch import fresh_key
from spanwise_collector.receive.log_fields import Reading

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record, trace_ids
from tests.generated import seed

PROJECT = "generated logs"
SEARCHES = 40
SERVICES = ("api", "db", "it's")
TEXTS = ("Payment failed", "payment FAILED 100%", "it's {x:String}", "a\\b", "Приём", "ÉTÉ", "\U0001f600", "a\x00b", "")
WORDS = ("payment", "FAILED", "'", "%", "\\", "{x:String}", "приём", "été", "\U0001f600", "\x00", "nothing has this")
TRACES = tuple(trace_ids(3))
EVERY_RECORD = LogQuery()


def generate(chance: random.Random, count: int) -> list[tuple[str, WireRecord]]:
    """Records of services, many at one time and some equal in all."""
    made: list[tuple[str, WireRecord]] = []
    for _ in range(count):
        if made and chance.random() < 0.15:
            made.append(chance.choice(made))
            continue
        fields: dict[str, Any] = {"severity_number": chance.choice([0, 1, 9, 13, 17, 24])}
        if chance.random() < 0.3:
            fields |= {"trace_id": chance.choice(TRACES), "span_id": f"{chance.randint(1, 3):016x}"}
        # What only the less obvious fields tell apart.
        fields |= {"event_name": chance.choice(["", "e"]), "observed_time_unix_nano": chance.choice([1, 2])}
        time = START + chance.choice([0, 1, 2, chance.randrange(MINUTE), chance.randrange(900 * MINUTE)])
        made.append((chance.choice(SERVICES), record(chance.choice(TEXTS), time, **fields)))
    return made


@pytest.fixture(scope="module")
def sent(collector: Inside) -> list[tuple[str, WireRecord]]:
    made = generate(random.Random(seed()), 400)
    half = len(made) // 2
    for part in (made[:half], made[half:]):
        request = factories.logs([])
        request.Clear()
        for service, wire in part:
            request.MergeFrom(factories.logs([wire], service))
        collector.send(PROJECT, request)
    return made


def walk(collector: Inside, search: RecordSearch) -> list[LogRecord]:
    """Every page to the end; what a page says of itself must be true."""
    found: list[LogRecord] = []
    while True:
        page = search_logs(collector.engine, search)
        found += page.items
        if page.reason == "end":
            assert page.next_cursor is None
            assert (page.total, page.total_relation) == (len(page.items), "gte" if search.cursor else "eq")
            return found
        assert (len(page.items), page.total_relation) == (search.limit, "gte")
        search = replace(search, cursor=page.next_cursor)


def known(found: LogRecord) -> tuple[object, ...]:
    return (
        found.time,
        found.service,
        found.severity_number,
        found.body,
        found.trace_id,
        found.span_id,
        found.event_name,
        found.observed_time,
    )


def expected(sent: list[tuple[str, WireRecord]], search: RecordSearch, wanted: LogQuery) -> list[tuple[object, ...]]:
    """The plain definition of a search, without the order of records of one time."""
    return [
        (
            wire.time_unix_nano,
            service,
            wire.severity_number,
            wire.body.string_value,
            wire.trace_id.hex(),
            wire.span_id.hex(),
            wire.event_name,
            wire.observed_time_unix_nano,
        )
        for service, wire in sent
        if search.start <= wire.time_unix_nano < search.end
        and wanted.trace_id in (None, wire.trace_id.hex())
        and wanted.span_id in (None, wire.span_id.hex())
        and wanted.service in (None, service)
        and (wanted.severity is None or wire.severity_number >= int(wanted.severity))
        and (wanted.text is None or wanted.text.lower() in wire.body.string_value.lower())
    ]


def check(
    collector: Inside, sent: list[tuple[str, WireRecord]], search: RecordSearch, wanted: LogQuery = EVERY_RECORD
) -> None:
    found = walk(collector, search)
    times = [each.time for each in found]
    assert times == sorted(times, reverse=search.sort == "newest"), search
    assert Counter(map(known, found)) == Counter(expected(sent, search, wanted)), (search, wanted)


def test_every_search_finds_what_its_plain_definition_finds(
    collector: Inside, sent: list[tuple[str, WireRecord]]
) -> None:
    chance = random.Random(seed())
    times = [wire.time_unix_nano for _, wire in sent]
    for _ in range(SEARCHES):
        one, other = chance.choice(times), chance.choice(times)
        start, end = (0, MAX_TIME) if chance.random() < 0.5 else (min(one, other), max(one, other) + 1)
        wanted = LogQuery(
            trace_id=chance.choice([None, None, None, *TRACES]),
            span_id=chance.choice([None, None, None, f"{1:016x}"]),
            service=chance.choice([None, None, *SERVICES, "nobody's"]),
            severity=chance.choice([None, None, "1", "9", "24"]),
            text=chance.choice([None, None, *WORDS]),
        )
        search = RecordSearch(
            PROJECT,
            start,
            end,
            wanted.condition(),
            sort=chance.choice(["newest", "oldest"]),
            limit=chance.choice([10, 50, 1000]),
        )
        check(collector, sent, search, wanted)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_pages_of_three_hold_every_record_of_a_moment_once(
    collector: Inside, sent: list[tuple[str, WireRecord]], sort: Any
) -> None:
    """Many have this time, and some are equal in all that is shown."""
    check(collector, sent, RecordSearch(PROJECT, START, START + 1, sort=sort, limit=3))


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_twenty_equal_records_are_walked_over_in_pages_of_three(collector: Inside, sort: Any) -> None:
    project = f"equal, {sort}"
    same = [("shop", record("same")) for _ in range(20)]
    around = [("shop", record("before", START - 1)), ("shop", record("after", START + 1))]
    collector.send(project, factories.logs([wire for _, wire in [*same, *around]]))
    check(collector, [*same, *around], RecordSearch(project, 0, MAX_TIME, sort=sort, limit=3))


def test_a_cursor_that_claims_a_billion_equal_records_costs_no_more_than_a_page(collector: Inside) -> None:
    collector.send("claimed", factories.logs([record(f"{number}") for number in range(50)]))
    cursor = encode_cursor("newest", START, 2**64 - 1, 10**9)
    page = search_logs(collector.engine, RecordSearch("claimed", 0, MAX_TIME, limit=5, cursor=cursor))
    assert [each.body for each in page.items] == []


def test_a_record_without_a_time_has_that_of_its_observation_else_of_its_arrival(collector: Inside) -> None:
    collector.send(
        "timeless",
        factories.logs([record("observed", 0, observed_time_unix_nano=START), record("received", 0), record("own", 7)]),
    )
    found = {each.body: each for each in walk(collector, RecordSearch("timeless", 0, MAX_TIME))}
    assert {body: each.time_source for body, each in found.items()} == {
        "observed": "observed",
        "received": "received",
        "own": "event",
    }
    assert (found["observed"].time, found["own"].time, found["received"].observed_time) == (START, 7, 0)
    assert found["received"].time > START - 10**18


@pytest.mark.parametrize("time", ["", "2026-11-21T06:49:40 "])
def test_lines_of_one_moment_come_back_in_the_order_in_which_they_were_written(collector: Inside, time: str) -> None:
    project = f"lines of one moment{time}"
    wanted = [f"{time}line {number}" for number in range(60)]
    # Of two bodies only times of arrival are told apart.
    for lines in [wanted] if time else [wanted[:30], wanted[30:]]:
        body = "\n".join(lines).encode()
        collector.send(project, decode(body, {"service.name": "shop"}, Reading(), 100, fresh_key()).request)
    found = walk(collector, RecordSearch(project, 0, MAX_TIME, sort="oldest"))
    assert [each.body for each in found] == wanted


def test_a_severity_that_is_only_a_word_has_its_number_in_every_spelling(collector: Inside) -> None:
    spelled = [each for word in SPELLINGS for each in (word, word.upper(), f" {word.capitalize()} ")]
    records = [record(text, severity_text=text) for text in [*spelled, "", "sometimes"]]
    records.append(record("both", severity_text="error", severity_number=3))
    collector.send("spelled", factories.logs(records))
    found = {str(each.body): each for each in walk(collector, RecordSearch("spelled", 0, MAX_TIME))}
    wanted = {text: SPELLINGS[text.strip().lower()] for text in spelled} | {"": 0, "sometimes": 0, "both": 3}
    assert {text: each.severity_number for text, each in found.items()} == wanted
    assert {text: each.severity_text for text, each in found.items() if text != "both"} == {
        text: text for text in wanted if text != "both"
    }
    assert SPELLINGS["warning"] == 13
