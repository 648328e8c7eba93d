"""Patterns of log records: what the API answers, against plain counts of what was sent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from spanwise_collector.api.parameters import LogQuery
from spanwise_collector.api.patterns import PatternQuery
from spanwise_collector.query import errors, export, patterns, records, tail
from spanwise_collector.query.aggregate import Aggregation, aggregate
from spanwise_collector.query.error_forms import Forms
from spanwise_collector.query.error_group import Group
from spanwise_collector.query.errors import ErrorSearch
from spanwise_collector.query.export import Export
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.facets import Wanted, facets
from spanwise_collector.query.histogram import Grid, histogram
from spanwise_collector.query.language.parse import DEFAULT_LIMITS, parse
from spanwise_collector.query.language.tree import Node
from spanwise_collector.query.occurrences import Occurrences
from spanwise_collector.query.patterns import Patterns, Range
from spanwise_collector.query.times import MAX_TIME

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record, trace_ids
from tests.generated import seed

TRACE = trace_ids(1)[0]
AT = START // MINUTE * MINUTE


def ask(collector: Inside, project: str, **parameters: object) -> Patterns:
    asked = {"start": str(AT), "end": str(AT + 10 * MINUTE), **parameters}
    return patterns.search(collector.engine, PatternQuery.model_validate(asked).search(project, DEFAULT_LIMITS))


def test_records_that_differ_in_parameters_are_one_pattern_with_counts_by_minute_and_severity(
    collector: Inside,
) -> None:
    project = "one pattern"
    made = [record(f"order {n} took 0.{n} s", AT + n % 3 * MINUTE, severity_number=9 if n else 17) for n in range(7)]
    made.append(record('user "Anna Bell" is new', AT, trace_id=TRACE))
    collector.send(project, factories.logs(made, "shop"))
    found = ask(collector, project)
    assert [(each.template.text, each.service, each.count, each.severities) for each in found.page.items] == [
        ("order <*> took <*> s", "shop", 7, {9: 6, 17: 1}),
        ("user <*> is new", "shop", 1, {0: 1}),
    ]
    minute = AT // MINUTE
    assert found.page.items[0].counts == {minute: 3, minute + 1: 2, minute + 2: 2}
    assert [each.trace_ids for each in found.page.items] == [(), (TRACE,)]
    assert (found.records, found.forms_left_out, found.step) == (8, 0, 1)


def test_new_gone_and_more_frequent_are_told_by_a_baseline(collector: Inside) -> None:
    project = "baseline"
    before, now = AT - 5 * MINUTE, AT + MINUTE
    texts = [("steady state reached", 5, 5), ("retry of job", 1, 9), ("all is well", 8, 0), ("disk is full", 0, 3)]
    made = [
        record(text, at) for text, old, new in texts for at, count in ((before, old), (now, new)) for _ in range(count)
    ]
    collector.send(project, factories.logs(made, "shop"))

    def shown(sort: str) -> list[tuple[str, int, int | None]]:
        found = ask(collector, project, sort=sort)
        return [(each.template.text, each.count, each.baseline_count) for each in found.page.items]

    assert shown("new") == [("disk is full", 3, 0)]
    assert shown("gone") == [("all is well", 0, 8)]
    assert shown("ratio") == [("retry of job", 9, 1), ("steady state reached", 5, 5)]
    assert [text for text, _, _ in shown("count")] == ["retry of job", "steady state reached", "disk is full"]
    (most,) = ask(collector, project, sort="ratio", limit=1).page.items
    assert most.ratio == (9 / 17) / (1 / 14)


def test_a_search_by_any_form_of_a_template_finds_all_of_its_records(collector: Inside) -> None:
    project = "by form"
    names = ("anna", "bob", "carla", "dimitri")
    made = [record(f"session opened for user {name} by root", AT + n) for n, name in enumerate(names * 2)]
    made.append(record("session closed", AT))
    collector.send(project, factories.logs(made, "sshd"))
    template = ask(collector, project).page.items[0]
    assert (template.template.text, template.count) == ("session opened for user <*> by root", 8)
    assert len(template.template.forms) == 4
    for form in template.template.forms:
        query = LogQuery(q=f"pattern:{form:016x}").search(project)
        page = records.search_logs(collector.engine, query)
        assert Counter(str(each.body).split()[4] for each in page.items) == dict.fromkeys(names, 2)
        assert {int(each.pattern, 16) for each in page.items} == set(template.template.forms)


def test_any_form_of_a_template_means_all_of_its_records_wherever_it_is_asked(collector: Inside) -> None:
    project = "by form anywhere"
    thrown = {
        "exception.type": "pam.Denied",
        "exception.stacktrace": "pam.Denied: no\n    at open (/app/pam.js:10:15)\n",
    }
    names = ("anna", "bob", "carla", "dimitri")
    made = [
        record(f"session opened for user {name} by root", AT + n, attributes=thrown) for n, name in enumerate(names * 2)
    ]
    made.append(record("session closed", AT, attributes=thrown))
    collector.send(project, factories.logs(made, "sshd"))
    engine, end = collector.engine, AT + 10 * MINUTE
    template = ask(collector, project).page.items[0].template
    assert len(template.forms) == 4
    for form in template.forms:
        query = parse(f"pattern:{form:016x} | count", "logs")
        assert query.pipeline is not None
        asked = Rows(project, "logs", AT, end, query.where)
        seen = {
            "facets": facets(engine, asked, Wanted(), 1000).extent.matched,
            "histogram": sum(
                cell.count for cell in histogram(engine, Grid(project, "logs", AT, end, query.where)).cells
            ),
            "groups": aggregate(engine, Aggregation(project, "logs", AT, end, query.where, query.pipeline))[0][
                0
            ].values[0],
            "export": sum(map(len, export.rows(engine, Export(project, "logs", AT, end, MAX_TIME, query.where)))),
            "tail": len(_arrived(collector, tail.Wanted(project, "logs", query.where))),
            "errors": sum(group.count for group in _errors(collector, project, query.where)),
        }
        assert seen == dict.fromkeys(seen, 8)


def _arrived(collector: Inside, wanted: tail.Wanted) -> Sequence[object]:
    return tail.arrived(
        collector.engine, [wanted.widened(collector.engine)], {"logs": tail.Place(0)}, MAX_TIME, 1000
    ).rows


def _errors(collector: Inside, project: str, where: Node) -> Sequence[Group]:
    asked = Occurrences(project, Range.around(AT, AT + 10 * MINUTE), None, {"logs": where})
    return errors.search(collector.engine, Forms(collector.engine), ErrorSearch(asked, {})).items


def test_any_order_and_any_batches_give_the_same_patterns_and_counts(collector: Inside) -> None:
    chance = random.Random(seed())
    texts = [
        "job {n} done",
        "user {w} logged in",
        "cannot open /var/{w}/x: denied",
        'got "{w}" of {n}',
        "idle",
        "{w}: {n}",
    ]
    words = [f"{a}{b}" for a in "abcd" for b in "efgh"]
    made = [
        (
            chance.choice(["api", "db"]),
            chance.choice(texts).format(n=chance.randrange(99), w=chance.choice(words)),
            AT + n * 10**9,
        )
        for n in range(500)
    ]
    answers = []
    for turn in range(3):
        project = f"order {turn}"
        chance.shuffle(made)
        batches = [made] if turn == 0 else [made[n : n + 170] for n in range(0, len(made), 170)]
        for batch in batches:
            request = factories.logs([])
            request.Clear()
            for service, text, at in batch:
                request.MergeFrom(factories.logs([record(text, at)], service))
            collector.send(project, request)
        found = ask(collector, project)
        answers.append([(each.template, each.service, each.count, each.counts) for each in found.page.items])
    assert answers[0] == answers[1] == answers[2]
    by_minute = Counter((service, at // MINUTE) for service, _, at in made)
    summed: Counter[tuple[str, int]] = Counter()
    for _, service, _, counts in answers[0]:
        for minute, count in (counts or {}).items():
            summed[service, minute] += count
    assert summed == by_minute


def test_a_condition_counts_only_records_that_it_holds_for(collector: Inside) -> None:
    project = "condition"
    made = [record(f"request {n} done", AT, attributes={"tenant": "ab"[n % 2]}) for n in range(5)]
    collector.send(project, factories.logs(made, "api"))
    assert [each.count for each in ask(collector, project, q="tenant:a").page.items] == [3]
    assert ask(collector, project, q="tenant:c").page.items == []


def test_hostile_texts_have_a_pattern_and_harm_no_other(collector: Inside) -> None:
    project = "hostile"
    repeated = ["1", "a ", '"', "'", "\\", "(", "/", "_", "é", "<*>", "-:", "@", "\n", "a_"]
    texts = [each * 1100 + "!" for each in repeated] + ["x" + "7" * 1_000_000, "\x00\x01\x02", "a\u2028b\u0085c", " "]
    texts += ["%s {x} $1 \\1", "é" * 511 + "xé", "'" * 100_000]
    collector.send(project, factories.logs([record(each, AT) for each in [*texts, "plain"]], "api"))
    found = ask(collector, project, limit=1000)
    assert found.records == len(texts) + 1
    assert sum(each.count for each in found.page.items) == len(texts) + 1
    assert "plain" in [each.template.text for each in found.page.items]
    assert all(len(each.example.encode()) <= 4096 for each in found.page.items)
