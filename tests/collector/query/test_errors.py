"""Groups of errors: what the API answers, against plain counts of what was sent."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.grouping.errors import identify, masked
from spanwise_collector.notebook import acts
from sqlalchemy import func, literal, select

from tests import factories
from tests.collector.api.test_forms import ask
from tests.collector.grouping import test_stack_traces
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record, span, trace_ids
from tests.generated import seed

AT = START // (60 * MINUTE) * 60 * MINUTE
STACK = """\
Traceback (most recent call last):
  File "/app/shop/api.py", line {line}, in {function}
    pay(order)
  File "/app/.venv/lib/python3.12/site-packages/pay/client.py", line 7, in pay
    raise Declined
pay.Declined: order {order} of '{name}' declined
"""


def stack(order: int = 17, function: str = "checkout", line: int = 12, name: str = "anna") -> str:
    return STACK.format(order=order, function=function, line=line, name=name)


def failed(trace_id: str, number: int, at: int, **fields: Any) -> Span:
    """A span with an exception; `fields` are those of the stack trace."""
    texts = {
        "exception.type": "pay.Declined",
        "exception.message": f"order {fields.get('order', 17)} of '{fields.get('name', 'anna')}' declined",
        "exception.stacktrace": stack(**fields),
    }
    thrown = Span.Event(name="exception", time_unix_nano=at + 5, attributes=factories.key_values(texts))
    other = Span.Event(name="retry", time_unix_nano=at, attributes=factories.key_values({"exception.type": "none"}))
    return span(trace_id, number, start_time_unix_nano=at, end_time_unix_nano=at + 9, status=2, events=[other, thrown])


def listed(collector: Inside, **parameters: object) -> dict[str, Any]:
    asked = {"start": str(AT), "end": str(AT + 60 * MINUTE), **parameters}
    answer = ask(collector, "/api/v1/errors", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def mine(collector: Inside, service: str, **parameters: object) -> list[dict[str, Any]]:
    """The groups of one test."""
    found: list[dict[str, Any]] = listed(collector, service=service, **parameters)["errors"]
    return found


def test_errors_that_differ_in_numbers_names_and_lines_are_one_group(collector: Inside) -> None:
    [one] = trace_ids(1)
    made = [failed(one, n, AT + n % 3 * MINUTE, order=n, name="ab"[n % 2], line=n) for n in range(1, 8)]
    collector.send("default", factories.traces(made, "one-group", **{"service.version": "1.0"}))
    (found,) = mine(collector, "one-group")
    top = {"file": "/app/shop/api.py", "line": found["top"]["line"], "function": "checkout", "library": False}
    assert {key: found[key] for key in ("type", "message", "top", "count", "log_count", "state", "regressed")} == {
        "type": "pay.Declined",
        "message": "order <*> of <*> declined",
        "top": top,
        "count": 7,
        "log_count": 0,
        "state": "open",
        "regressed": False,
    }
    assert (found["first_seen_unix_nano"], found["last_seen_unix_nano"]) == (AT + 5, AT + 2 * MINUTE + 5)
    assert found["counts"] == [{"time_unix_nano": AT + n * MINUTE, "count": count} for n, count in enumerate((2, 3, 2))]
    assert found["services"] == [{"name": "one-group", "count": 7}]
    assert [(each["version"], each["count"]) for each in found["versions"]] == [("1.0", 7)]
    assert {each["trace_id"] for each in found["samples"]} == {one}
    assert found["samples"][0]["time_unix_nano"] == AT + 2 * MINUTE + 5


def test_another_place_in_the_application_is_another_group_and_failed_spans_are_grouped_by_what_they_say(
    collector: Inside,
) -> None:
    [one] = trace_ids(1)
    quiet = [span(one, 10 + n, name="GET /pay", start_time_unix_nano=AT, status=2) for n in range(3)]
    for n, each in enumerate(quiet):
        each.status.message = f"upstream {n} timed out"
    made = [failed(one, 1, AT), failed(one, 2, AT, function="refund"), *quiet, span(one, 20, start_time_unix_nano=AT)]
    collector.send("default", factories.traces(made, "places"))
    found = mine(collector, "places")
    assert sorted((each["type"], each["message"], each["count"]) for each in found) == [
        ("", "upstream <*> timed out", 3),
        ("pay.Declined", "order <*> of <*> declined", 1),
        ("pay.Declined", "order <*> of <*> declined", 1),
    ]
    assert sorted(each["top"]["function"] for each in found if each["top"]) == ["checkout", "refund"]


def test_errors_of_log_records_join_those_of_spans_and_records_without_a_stack_trace_are_none(
    collector: Inside,
) -> None:
    [one] = trace_ids(1)
    attributes = {
        "exception.type": "pay.Declined",
        "exception.message": "order 3 of 'eva' declined",
        "exception.stacktrace": stack(3, "settle"),
    }
    records: list[LogRecord] = [
        record("payment failed", AT + 1, trace_id=one, attributes=attributes),
        record(stack(4, "settle"), AT + 2, severity_number=17),
        record("failed", AT + 3, severity_number=21, attributes={"exc_info": stack(5, "settle")}),
        record(stack(6, "settle"), AT + 4, severity_number=13),
        record("out of memory", AT + 5, severity_number=21),
        record("failed", AT + 6, severity_number=17, attributes={"exc_info": "True"}),
    ]
    spans = [failed(one, 1, AT, function="settle")]
    # Of another instance, so that nothing is inferred from the trace that is at work there.
    logged = factories.logs(records, "both", **{"service.instance.id": "2"})
    collector.send("default", factories.traces(spans, "both", **{"service.instance.id": "1"}), logged)
    (found,) = mine(collector, "both")
    assert (found["type"], found["count"], found["log_count"]) == ("pay.Declined", 4, 3)
    whole = ask(collector, f"/api/v1/errors/{found['fingerprint']}").json()
    # Of errors that are said in the same way in an hour, the last one is the sample.
    assert [(each["body"], each["trace_id"]) for each in whole["logs"]] == [("payment failed", one), ("failed", None)]
    assert [(each["time_unix_nano"] - AT, each["in_logs"]) for each in whole["samples"]] == [
        (5, False),
        (3, True),
        (1, True),
    ]


def test_any_order_and_any_batches_give_the_same_groups_and_late_ones_count(collector: Inside) -> None:
    chance = random.Random(seed())
    made = [
        (chance.choice(["checkout", "refund", "cancel"]), chance.randrange(100), chance.randrange(60))
        for _ in range(120)
    ]
    answers = []
    for turn in range(2):
        service = f"order-{turn}"
        [one] = trace_ids(1)
        chance.shuffle(made)
        size = 120 if turn == 0 else 41
        for begin in range(0, len(made), size):
            batch = [
                failed(one, n + 1, AT + minute * MINUTE, order=order, function=function)
                for n, (function, order, minute) in enumerate(made[begin : begin + size])
            ]
            collector.send("default", factories.traces(batch, service))
        found = mine(collector, service)
        answers.append([(each["fingerprint"], each["count"], each["counts"]) for each in found])
        assert Counter({each["top"]["function"]: each["count"] for each in found}) == Counter(each for each, *_ in made)
    assert answers[0] == answers[1]


def test_a_query_counts_only_errors_that_it_holds_for(collector: Inside) -> None:
    [one] = trace_ids(1)
    spans = [failed(one, n, AT + n * MINUTE, order=n) for n in range(1, 5)]
    for n, each in enumerate(spans):
        each.attributes.extend(factories.key_values({"tenant": "ab"[n % 2]}))
    records = [record(stack(9), AT, severity_number=17, attributes={"tenant": "a"})]
    collector.send("default", factories.traces(spans, "asked"), factories.logs(records, "asked"))
    whole = mine(collector, "asked")
    assert [each["count"] for each in whole] == [5]
    for q, count in (("tenant:a", 3), ("tenant:b", 2), ("duration>=9ns", 4), ("severity:error", 1), ("tenant:c", 0)):
        found = mine(collector, "asked", q=q)
        assert sum(each["count"] for each in found) == count, q
        assert {each["fingerprint"] for each in found} <= {whole[0]["fingerprint"]}
    (same,) = mine(collector, "asked", q="service:asked")
    assert {**same, "samples": []} == {**whole[0], "samples": []}
    assert len(same["samples"]) == 5
    refused = ask(collector, "/api/v1/errors", params={"q": "tenant:("})
    assert refused.json()["error"]["column"] == 8


def test_pages_hold_each_group_once_in_order(collector: Inside) -> None:
    [one] = trace_ids(1)
    made = [failed(one, n * 10 + m, AT, function=f"f_{'abcdefg'[n]}") for n in range(7) for m in range(1, n // 2 + 2)]
    collector.send("default", factories.traces(made, "paged"))
    whole = mine(collector, "paged")
    walked, cursor = [], None
    while True:
        answer = listed(collector, service="paged", limit=2, **({"cursor": cursor} if cursor else {}))
        walked += answer["errors"]
        assert (answer["total"], answer["total_relation"]) == (7, "eq")
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert walked == whole
    assert [each["count"] for each in whole] == [4, 3, 3, 2, 2, 1, 1]


def set_state(collector: Inside, fingerprint: str, **wanted: str) -> dict[str, Any]:
    answer = ask(collector, f"/api/v1/errors/{fingerprint}", "PATCH", json=wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("wanted", "again", "newer"),
    [
        ({"state": "resolved"}, ("open", True), ("open", True)),
        ({"state": "resolved", "until": "newer_version"}, ("resolved", False), ("open", True)),
        ({"state": "muted"}, ("muted", False), ("muted", False)),
        ({"state": "muted", "until": "newer_version"}, ("muted", False), ("open", True)),
        ({"state": "open"}, ("open", False), ("open", False)),
    ],
)
def test_a_state_ends_when_the_error_comes_again_or_in_a_newer_version(
    collector: Inside, wanted: dict[str, str], again: tuple[str, bool], newer: tuple[str, bool]
) -> None:
    service = "state-" + "-".join(wanted.values()).replace("_", "-")
    [one] = trace_ids(1)
    function = service.replace("-", "_")

    def come(number: int, at: int, version: str) -> tuple[str, bool]:
        spans = [failed(one, number, at, function=function)]
        collector.send("default", factories.traces(spans, service, **{"service.version": version}))
        (found,) = mine(collector, service, end="now+1h")
        return found["state"], found["regressed"]

    assert come(1, AT, "1") == ("open", False)
    (found,) = mine(collector, service)
    said = set_state(collector, found["fingerprint"], **wanted)
    assert said["state"] == wanted["state"]
    assert said["judgement"]["actor"] == "anyone"
    assert come(2, AT + MINUTE, "0") == (wanted["state"], False), "late, and of before"
    assert come(3, time.time_ns() + MINUTE, "1") == again
    assert come(4, time.time_ns() + 2 * MINUTE, "2") == newer
    regressed = mine(collector, service, end="now+1h", regressed="true")
    assert len(regressed) == newer[1]
    assert len(mine(collector, service, end="now+1h", state=newer[0])) == 1
    done = acts.newest(collector.collector.entrance.notebook, 1)[0]
    assert (done.act.split()[1], done.subject.split()[0]) == ("error", found["fingerprint"])


def test_a_state_that_makes_no_sense_and_an_error_that_is_not_there_are_refused(collector: Inside) -> None:
    for wanted in ({"state": "muted", "until": "again"}, {"state": "resolved", "until": "never"}):
        assert ask(collector, f"/api/v1/errors/{'0' * 16}", "PATCH", json=wanted).status_code == 400
    assert ask(collector, f"/api/v1/errors/{'0' * 16}", "PATCH", json={"state": "muted"}).status_code == 404
    assert ask(collector, f"/api/v1/errors/{'0' * 16}").status_code == 404
    assert ask(collector, f"/api/v1/errors/{'0' * 16}.html").status_code == 404
    assert ask(collector, "/api/v1/errors/x").status_code == 422


def test_only_errors_that_were_first_seen_within_a_day_are_new(collector: Inside) -> None:
    [one] = trace_ids(1)
    day = 1440 * MINUTE
    made = [failed(one, 1, AT - 2 * day, function="old"), failed(one, 2, AT, function="old")]
    made.append(failed(one, 3, AT, function="young"))
    collector.send("default", factories.traces(made, "novel"))
    assert sorted(each["top"]["function"] for each in mine(collector, "novel")) == ["old", "young"]
    novel = mine(collector, "novel", new="true", sort="first_seen")
    assert [each["top"]["function"] for each in novel] == ["young"]
    (old,) = [each for each in mine(collector, "novel") if each["top"]["function"] == "old"]
    assert (old["count"], old["first_seen_unix_nano"]) == (1, AT - 2 * day + 5)


def test_hostile_texts_are_grouped_and_shown_as_text(collector: Inside) -> None:
    [one] = trace_ids(1)
    evil = "<script>alert(1)</script>\x1b[31m\u202e{{7*7}}"
    pieces = ["\x00", "'", '"', "\\", "(", "  at ", "\n\tat (", "é" * 600, "%s", "x" * 4_000]
    spans = []
    for n, text in enumerate([evil, *(each * 40 for each in pieces)], 1):
        texts = {
            "exception.type": text,
            "exception.message": text,
            "exception.stacktrace": f"at {text} ({text}:1)\n" * 3,
        }
        made = span(one, n, name=text, start_time_unix_nano=AT, status=2)
        made.events.add(name="exception", attributes=factories.key_values(texts))
        made.status.message = text
        spans.append(made)
        spans.append(span(one, n + 100, name=text, start_time_unix_nano=AT, status=2))
    collector.send("default", factories.traces(spans, f"hostile {evil}", **{"service.version": evil}))
    found = mine(collector, f"hostile {evil}", limit="1000")
    assert sum(each["count"] for each in found) == len(spans)
    for each in found:
        for form in ("", ".html"):
            answer = ask(collector, f"/api/v1/errors/{each['fingerprint']}{form}", params={"start": str(AT)})
            assert answer.status_code == 200
            if form:
                assert "<script" not in answer.text
                assert "script-src" not in answer.headers["content-security-policy"]
    shown = [each for each in found if each["type"] == evil]
    assert len(shown) == 1


def test_the_page_folds_libraries_and_names_what_was_logged(collector: Inside) -> None:
    [one] = trace_ids(1)
    collector.send(
        "default",
        factories.traces([failed(one, 1, AT, function="on_page")], "page", **{"service.version": "3.1"}),
        factories.logs([record("card was declined", AT, trace_id=one)], "page"),
    )
    (found,) = mine(collector, "page")
    answer = ask(collector, f"/api/v1/errors/{found['fingerprint']}.html", params={"start": str(AT)})
    for text in ("on_page", "1 of libraries", "card was declined", "3.1", one, "order &lt;*&gt; of"):
        assert text in answer.text


def test_messages_are_masked_as_the_store_masks_them(collector: Inside) -> None:
    chance = random.Random(seed())
    pieces = [
        "a1",
        "b ",
        "'x'",
        '"y z"',
        "/usr/lib/x",
        "me@example.org",
        " = ",
        "(",
        "-",
        ".",
        "é",
        "\\",
        ":",
        "%",
        "7",
    ]
    texts = ["".join(chance.choices(pieces, k=chance.randrange(1, 12))) for _ in range(300)]
    given = func.arrayJoin(literal(texts))
    rows = collector.engine.read(select(given.label("text"), func.spanwise_masked(given).label("masked")))
    assert len(rows) == len(texts)
    for row in rows:
        begun = row.masked.startswith("'") and "'" in row.masked[1:]
        shown = masked(row.text)
        assert shown == row.masked if not begun else shown.startswith("<*>"), row.text


@pytest.mark.parametrize("language", ["PYTHON", "JVM", "V8", "DOTNET"])
def test_a_digit_in_a_type_that_only_the_stack_trace_says_tells_errors_apart(collector: Inside, language: str) -> None:
    whole: str = getattr(test_stack_traces, language)
    type_ = identify("shop", "", "", whole, "").type
    given = func.arrayJoin(literal([whole.replace(type_, f"{type_}{status}") for status in (404, 410)]))
    form = func.spanwise_error_form("shop", func.tuple(0, "", "", given, ""))
    assert len(collector.engine.read(select(form.label("form")).distinct())) == 2


@pytest.mark.parametrize("language", ["PYTHON", "JVM", "V8", "GO", "DOTNET", "RUBY", "PHP"])
def test_errors_of_one_form_are_of_one_group(collector: Inside, language: str) -> None:
    """What the store does not tell apart on arrival, nothing tells apart later."""
    chance = random.Random(seed())
    whole: str = getattr(test_stack_traces, language)
    words = sorted(set(re.findall(r"[A-Za-z]{3,}|[0-9]+", whole)))
    made = {(type_, message, whole) for type_ in ("", "Denied") for message in ("", "no 7", "no 8", "yes")}
    for _ in range(60):
        mutated = whole
        for word in chance.sample(words, chance.randrange(1, 4)):
            other = str(chance.randrange(1000)) if word.isdigit() else chance.choice(["alpha", "beta", word + "1"])
            mutated = mutated.replace(word, other, chance.choice([1, -1]))
        made.add((chance.choice(["", "Denied"]), chance.choice(["", "no 8", "yes"]), mutated))
    errors = sorted(made)
    given = func.arrayJoin(literal([list(each) for each in errors]))
    error = func.tuple(0, *(func.arrayElement(given, place) for place in (1, 2, 3)), "")
    said = (func.arrayElement(given, place).label(name) for place, name in enumerate(("type", "message", "stack"), 1))
    rows = collector.engine.read(select(*said, func.spanwise_error_form("shop", error).label("form")))
    assert len(rows) == len(errors)
    of_form: dict[int, set[str]] = {}
    for row in rows:
        found = identify("shop", row.type, row.message, row.stack, "")
        of_form.setdefault(row.form, set()).add(found.fingerprint)
    assert {form: found for form, found in of_form.items() if len(found) > 1} == {}
    assert len(of_form) < len(rows)
