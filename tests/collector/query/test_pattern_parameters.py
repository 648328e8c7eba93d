"""What stood in the places of a template's parameters, against taking the sent texts apart in Python."""

from __future__ import annotations

import random
from collections import Counter
from statistics import median_low

import pytest
from spanwise_collector.api.patterns import PatternDetailQuery
from spanwise_collector.errors import NotFound
from spanwise_collector.grouping.parameters import MOST_PARAMETERS
from spanwise_collector.query.extent import Extent, Rows
from spanwise_collector.query.language.parse import DEFAULT_LIMITS
from spanwise_collector.query.pattern_parameters import Numbers, Parameter, Parameters, parameters
from spanwise_collector.query.patterns import Pattern, PatternSearch, Range, of_template, pattern_of, search

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record
from tests.generated import seed

AT = START // MINUTE * MINUTE
RANGE = Range(AT // MINUTE, AT // MINUTE + 10)


def every_pattern(collector: Inside, project: str) -> list[Pattern]:
    return search(collector.engine, PatternSearch(project, RANGE, limit=1000)).page.items


def taken_apart(collector: Inside, project: str, of: Pattern, most: int = 100_000, values: int = 10) -> Parameters:
    rows = Rows(project, "logs", AT, AT + 10 * MINUTE, of_template(of.template, of.service))
    return parameters(collector.engine, rows, of.template.text, most, values)


def counted(values: list[str], most: int = 10) -> Parameter:
    """The parameter that has these values."""
    top = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))[:most]
    numbers = sorted(float(each) for each in values if each.replace(".", "", 1).isdigit())
    figures = Numbers(len(numbers), numbers[0], median_low(numbers), numbers[-1]) if numbers else None
    return Parameter(len(set(values)), len(values) - sum(count for _, count in top), tuple(top), figures)


def test_the_values_of_each_place_are_counted_and_numbers_measured(collector: Inside) -> None:
    chance = random.Random(seed())
    project = "parameters"
    names = ['"Anna Bell"', '"Bo \\" é"', '""']
    sent = [
        (str(chance.randrange(10)), chance.choice(names), f"{chance.randrange(1000) / 8}", chance.choice(["3s", "40"]))
        for _ in range(300)
    ]
    texts = ["order {} of {} took {} ms,  due in {}".format(*each) for each in sent]
    made = [record(text, AT + n * 10**9) for n, text in enumerate(texts)]
    made += [record("order book is open", AT), record('order 7 of "x" took 1 ms, due in 2', AT + 10 * MINUTE)]
    collector.send(project, factories.logs(made, "shop"))
    template = next(each for each in every_pattern(collector, project) if "due" in each.template.text)
    assert template.template.text == "order <*> of <*> took <*> ms, due in <*>"
    columns = [list(column) for column in zip(*sent, strict=True)]
    assert taken_apart(collector, project, template) == Parameters(
        Extent(301, 300, 1), 300, 300, tuple(counted(column) for column in columns)
    )
    assert taken_apart(collector, project, template, values=2).found == tuple(counted(each, 2) for each in columns)


def test_the_values_of_a_map_are_those_of_its_keys(collector: Inside) -> None:
    project = "parameters of maps"
    made = [record({"user": f"u {n % 3}", "took": n, "ok": n % 2 == 0}, AT + n) for n in range(9)]
    collector.send(project, factories.logs(made, "shop"))
    (template,) = every_pattern(collector, project)
    assert template.template.text == '{"user":<*>,"took":<*>,"ok":<*>}'
    assert taken_apart(collector, project, template).found == (
        counted([f'"u {n % 3}"' for n in range(9)]),
        counted([str(n) for n in range(9)]),
        counted([("true", "false")[n % 2] for n in range(9)]),
    )


def test_of_many_records_a_sample_is_looked_at(collector: Inside) -> None:
    project = "parameters of many"
    collector.send(project, factories.logs([record(f"job {n} done", AT + n) for n in range(2000)], "shop"))
    (template,) = every_pattern(collector, project)
    found = taken_apart(collector, project, template, most=500)
    assert found.extent == Extent(2000, 2000, 4)
    assert 300 < found.looked_at < 700
    (job,) = found.found
    assert found.fitting == found.looked_at == job.distinct == job.other + 10
    assert job.numbers is not None
    assert job.numbers.count == found.looked_at


def test_every_kind_of_line_can_be_taken_apart(collector: Inside) -> None:
    chance = random.Random(seed())
    project = "parameters of all"
    texts = [
        "job {n} done",
        "user {w} logged in from {n}.{n}.{n}.{n} port {n}",
        "cannot open /var/{w}/x: denied",
        'got "{w} {n}" of {n}, {n}, {w}={n}',
        "idle\nfor {n} s",
        "  {w}:\t{n}  ",
        "GET /{w}/{n}?a=b {n} {n}",
        "failed: {w} {w} {n} ({n}, {w})",
        "{w}_{n} - <none> x{w}@example.org",
        "täglich {n}\u2028um {n}",
    ]
    words = [f"{a}{b}" for a in "abcd" for b in "efgh"]
    made = [
        record(chance.choice(texts).replace("{n}", str(chance.randrange(99))).replace("{w}", chance.choice(words)), AT)
        for _ in range(400)
    ]
    collector.send(project, factories.logs(made, "shop"))
    found = [(each, taken_apart(collector, project, each)) for each in every_pattern(collector, project)]
    assert {each.template.text: (apart.looked_at, apart.fitting) for each, apart in found} == {
        each.template.text: (each.count, each.count) for each, _ in found
    }
    for each, apart in found:
        assert len(apart.found) == each.template.text.count("<*>")
        assert all(sum(n for _, n in one.values) + one.other == each.count for one in apart.found)


def test_hostile_texts_are_taken_apart_or_counted_as_not(collector: Inside) -> None:
    project = "hostile parameters"
    repeated = [
        "1",
        "a ",
        '"',
        "'",
        "\\",
        "(",
        "/",
        "_",
        "é",
        "<*>",
        "-:",
        "@",
        "\n",
        "a_",
        "1 a ",
        "[1] ",
        "$1^",
        "\x00",
    ]
    texts = [each * 1100 + "!" for each in repeated] + ["x" + "7" * 100_000, "\x00\x01 2\x7f", "a 1\u2028b\u0085c", " "]
    texts += ["%s {x} $1 \\1 \\d \\Q 1 \\E", "é" * 511 + "xé", "(?i)1.*+", "1 nan inf 1e999 -0"]
    collector.send(project, factories.logs([record(each, AT) for each in texts], "api"))
    for each in every_pattern(collector, project):
        apart = taken_apart(collector, project, each)
        assert apart.looked_at == each.count
        assert 0 <= apart.fitting <= each.count
        assert len(apart.found) <= MOST_PARAMETERS


def test_a_pattern_is_found_by_any_of_its_forms(collector: Inside) -> None:
    project = "one by form"
    names = ("anna", "bob", "carla", "dimitri")
    made = [record(f"session opened for user {name} by root", AT) for name in names * 2]
    collector.send(project, factories.logs([*made, record("session closed", AT)], "sshd"))
    asked = PatternDetailQuery(start=str(AT), end=str(AT + MINUTE)).search(project, DEFAULT_LIMITS)
    (listed,) = [each for each in every_pattern(collector, project) if each.count == 8]
    for form in listed.template.forms:
        found, step = pattern_of(collector.engine, asked, form)
        assert (found.template, found.count, found.share, step) == (listed.template, 8, 8 / 9, 1)
    with pytest.raises(NotFound, match="No pattern has the form 0000000000000001"):
        pattern_of(collector.engine, asked, 1)
