"""Spans and log records with what is hard to search, and texts of queries about them, from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.resource import Resource, Scope
from spanwise_collector.model.span import Event, Link, Span

from tests.factories import MINUTE, START

SERVICES = ("api", "db", "cart's", "mail 2")
NAMES = (
    "GET /",
    "GET /pay",
    "health",
    "healthz/live",
    "SELECT 'x'",
    "50%_a",
    "50%za",
    "50 z a",
    "a\\b",
    "ÉTÉ",
    "\U0001f600*",
    "",
)
ATTRIBUTES: dict[str, tuple[Any, ...]] = {
    "http.route": (
        "/",
        "/pay/1",
        "/pay/2",
        "/it's",
        "a\\'b",
        "100%",
        "100 of",
        "p_y",
        "pay",
        "line\nbreak",
        "\x00",
        "",
    ),
    "http.status": (200, 404, -1, "200", "404 Not Found", 9007199254740993),
    "size": (0, 10, 999, 1000, 1024, 10240, 0.5, 1e300, -2.25, "1e3", "1.5kB", "abc", "", "+5", " 7"),
    "cached": (True, False, "true"),
    "tags": (["a", "b"], ["a"], "a"),
    "k'ey=\\": ("v", "="),
    "status": ("mine", "error"),
    "none": (None,),
}
RESOURCES: dict[str, tuple[Any, ...]] = {"zone": ("a", "b"), "http.route": ("/", "/from-resource"), "replicas": (3, 12)}
MESSAGES = (
    "Payment failed",
    "payment FAILED 100%",
    "payment FAILED 100 times",
    "it's",
    "a\\b",
    "Приём",
    "ÉTÉ",
    "\U0001f600",
    "a\x00b",
    "",
    "two\nlines",
)
WORDS = (
    "payment",
    "FAILED",
    "'",
    "%",
    "\\",
    "приём",
    "été",
    "\U0001f600",
    "nothing has this",
    "health",
    "A",
    "_",
    "200",
)
PATTERNS = (
    "^/pay/[0-9]+$", "a.b", "(?i)health", "e*", "\\x00", "line.break", "[^a-z]", "(a|b)+$", "100%", "\\\\", "é|É",
    "^GET /pay$", "it's? |[a-z] [a-z]", "health/l", '"',
)  # fmt: skip


def _some(chance: random.Random, of: dict[str, tuple[Any, ...]], most: int) -> dict[str, Any]:
    return {key: chance.choice(of[key]) for key in chance.sample(sorted(of), chance.randint(0, most))}


def make_spans(chance: random.Random, traces: int) -> list[Span]:
    """Spans of so many traces, with lost parents, circles, shared ids, doubles and ends before starts."""
    made: list[Span] = []
    for number in range(1, traces + 1):
        trace_id = f"{chance.getrandbits(127) * 2 + 1:032x}"
        began = START + chance.randrange(8 * MINUTE)
        for place in range(1, chance.choice([1, 2, 4, 9]) + 1):
            # Unlike every other start, since of two equal roots either may be shown.
            start = began + place * 1_000_000 + number
            span_id = place if chance.random() < 0.9 else max(1, place - 1)
            parent = (
                chance.choice([0, 99, *([chance.randint(1, place)] * 6)]) if place > 1 else chance.choice([0, 0, 7])
            )
            made.append(_span(chance, trace_id, f"{span_id:016x}", f"{parent:016x}" if parent else "", start))
    return made


def _span(chance: random.Random, trace_id: str, span_id: str, parent: str, start: int) -> Span:
    service = chance.choice(SERVICES)
    duration = chance.choice([0, 999, 10**6, 5 * 10**8, 10**9, chance.randrange(3 * 10**9)])
    end = chance.choices([start + duration, 0, start - 5], [18, 1, 1])[0]
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        name=chance.choice(NAMES),
        kind=chance.randint(0, 5),
        start=start,
        end=end,
        service=service,
        instance="",
        status_code=chance.choice([0, 0, 1, 2]),
        status_message=chance.choice(["", "", "connection refused", "Payment failed"]),
        attributes=_some(chance, ATTRIBUTES, 4),
        events=tuple(
            Event(start, chance.choice(["exception", "retry"]), _some(chance, ATTRIBUTES, 2))
            for _ in range(chance.choice([0, 0, 1, 2]))
        ),
        links=tuple(
            Link(f"{7:032x}", f"{chance.randint(1, 2):016x}", "", _some(chance, ATTRIBUTES, 1))
            for _ in range(chance.choice([0, 0, 0, 1, 2]))
        ),
        **_origin(chance, service),
    )


def _origin(chance: random.Random, service: str) -> dict[str, Any]:
    scope = Scope(chance.choice(["", "lib.http", "lib_http"]), chance.choice(["", "1.2"]), _some(chance, RESOURCES, 1))
    return {"resource": Resource({"service.name": service, **_some(chance, RESOURCES, 3)}), "scope": scope}


def make_logs(chance: random.Random, count: int, trace_ids: list[str]) -> list[LogRecord]:
    """So many records, some equal in all."""
    made: list[LogRecord] = []
    for _ in range(count):
        if made and chance.random() < 0.05:
            made.append(replace(chance.choice(made)))
            continue
        service = chance.choice(SERVICES)
        number = chance.choice([0, 1, 5, 9, 10, 13, 16, 17, 20, 21, 24])
        made.append(
            LogRecord(
                time=START + chance.choice([0, chance.randrange(9 * MINUTE)]),
                time_source="event",
                observed_time=1,
                service=service,
                instance="",
                severity_number=number,
                # Without a number it would get that of its word.
                severity_text=chance.choice(["", "WARNING", "info"] if number else [""]),
                body=chance.choice([*MESSAGES, 17, {"a": "Payment"}]),
                event_name=chance.choice(["", "login"]),
                trace_id=chance.choice(["", "", *trace_ids[:3]]),
                span_id=chance.choice(["", f"{1:016x}"]),
                attributes=_some(chance, ATTRIBUTES, 4),
                **_origin(chance, service),
            )
        )
    return made


def quoted(text: str, *, star: str = "\\*") -> str:
    """Text as a value in quotation marks; stars stay plain unless `star` says otherwise."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("*", star) + '"'


class Asking:
    """Makes texts of queries."""

    def __init__(self, chance: random.Random, trace_ids: list[str], patterns: list[str]) -> None:
        self._chance = chance
        self._trace_ids = trace_ids
        self._patterns = patterns

    def about(self, level: str, depth: int = 2) -> str:
        """A query about spans, logs or traces."""
        chance = self._chance
        if depth and chance.random() < 0.6:
            parts = [self.about(level, depth - 1) for _ in range(chance.randint(2, 3))]
            joined = chance.choice([" ", " AND ", " OR ", " && ", " || "]).join(parts)
            return f"({joined})" if chance.random() < 0.8 else joined
        if depth and chance.random() < 0.25:
            return f"{chance.choice(['-', 'NOT '])}({self.about(level, depth - 1)})"
        if level == "traces" and chance.random() < 0.6:
            return self._of_trace()
        return self._term("logs" if level == "logs" else "spans")

    def _of_trace(self) -> str:
        chance = self._chance
        number = chance.randint(0, 4)
        compare = chance.choice([">", ">=", "<", "<=", "=", "!="])
        made: list[Callable[[], str]] = [
            self._braces,
            lambda: f"{self._braces()} {chance.choice(['>', '>>'])} {self._braces()}",
            lambda: f"{self._braces()} {chance.choice(['>', '>>'])} {self._braces()} >> {self._braces()}",
            lambda: f"{self._braces()} > ({self._braces()} >> {self._braces()})",
            lambda: f"count() {compare} {number}",
            lambda: f"count({self._braces()}) {compare} {number}",
            lambda: f"count({self._braces()} >> {self._braces()}) {compare} {chance.randint(0, 1)}",
            lambda: f"trace.duration{compare.replace('!=', ':')}{chance.choice(['1ms', '500ms', '1.5s', '2s'])}",
            lambda: f"trace.{chance.choice(['errors', 'spans', 'services'])}{compare}{number}",
            lambda: f"trace.service:{self._value(SERVICES)}",
            lambda: f"trace.root.{self._text_of('service', SERVICES)}",
            lambda: f"trace.root.{self._text_of('name', NAMES)}",
            lambda: f"trace.id:{chance.choice(self._trace_ids)}",
        ]
        return chance.choice(made)()

    def _braces(self) -> str:
        return "{ " + self.about("spans", self._chance.choice([0, 0, 1])) + " }"

    def _term(self, level: str) -> str:
        chance = self._chance
        mark = chance.choice(["", "", "", "-", "NOT "])
        return mark + chance.choice([self._attribute, self._attribute, self._word, self._field])(level)

    def _word(self, level: str) -> str:
        return quoted(self._chance.choice(WORDS))

    def _value(self, texts: tuple[Any, ...]) -> str:
        chance = self._chance
        # What SQL's own patterns would take for wildcards comes often, and with a wildcard of ours.
        special = [each for each in texts if set(str(each)) & set("%_\\")] if chance.random() < 0.3 else []
        text = str(chance.choice(special or texts))
        text = text.lower() if text in ("True", "False") else text
        if chance.random() < (0.7 if special else 0.3) and text:
            cut = chance.randrange(len(text))
            return quoted(
                chance.choice([f"{text[:cut]}*", f"*{text[cut:]}", f"*{text[cut:]}*", f"{text[:1]}*{text[cut:]}"]),
                star="*",
            )
        return quoted(text)

    def _text_of(self, key: str, texts: tuple[Any, ...]) -> str:
        chance = self._chance
        made: list[Callable[[], str]] = [
            lambda: f":{self._value(texts)}",
            lambda: f"={self._value(texts)}",
            lambda: f"!={self._value(texts)}",
            lambda: ":*",
            lambda: f":/{chance.choice([each for each in PATTERNS if each]).replace('/', chr(92) + '/')}/",
            lambda: f"{chance.choice(['>', '>=', '<', '<='])}{quoted(str(chance.choice(texts)))}",
            lambda: f":[{quoted(str(chance.choice(texts)))} TO {quoted(str(chance.choice(texts)))}]",
        ]
        return key + chance.choice(made)()

    def _attribute(self, level: str) -> str:
        chance = self._chance
        prefixes = ["", "", "", "attribute.", "resource.", "scope."] + (["event.", "link."] if level == "spans" else [])
        key, texts = chance.choice([*ATTRIBUTES.items(), *RESOURCES.items(), ("missing", ("x",))])
        if key == "status":
            prefixes = ["attribute."]
        name = quoted(chance.choice(prefixes) + key)
        if chance.random() < 0.35:
            numbers = ("0", "10", "999", "1kB", "1KiB", "200", "404", "-3", "0.5", "1e3", "2us", "1.5kB", "*")
            low, high = chance.choice(numbers), chance.choice(numbers)
            if chance.random() < 0.4:
                return f"{name}:[{low} TO {high}]"
            return f"{name}{chance.choice(['>', '>=', '<', '<=', ' > '])}{low.replace('*', '7')}"
        return self._text_of(name, texts)

    def _field(self, level: str) -> str:
        chance = self._chance
        compare = chance.choice([">", ">=", "<", "<=", ":", "="])
        both: list[Callable[[], str]] = [
            lambda: self._text_of("service", SERVICES),
            lambda: self._text_of("scope.name", ("lib.http", "")),
            lambda: chance.choice(["trace_id:*", f"trace_id:{chance.choice(self._trace_ids)}", f"span_id:{1:016x}"]),
            lambda: f"instance:{chance.choice(['*', 'x'])}",
        ]
        of_spans: list[Callable[[], str]] = [
            lambda: self._text_of("name", NAMES),
            lambda: self._text_of("status_message", ("connection refused", "Payment failed", "")),
            lambda: f"status:{chance.choice(['error', 'OK', 'unset', '*'])}",
            lambda: f"kind:{chance.choice(['server', 'client', 'unspecified', '*'])}",
            lambda: f"duration{compare}{chance.choice(['0', '999ns', '1ms', '0.5s', '1s', '1m'])}",
            lambda: f"start{compare}{START + chance.randrange(8 * MINUTE)}",
            lambda: chance.choice(["parent_span_id:*", f"parent:{1:016x}"]),
            lambda: f"has:{chance.choice(['error', 'parent', 'event', 'exception', 'link'])}",
            lambda: self._text_of("event.name", ("exception", "retry")),
            lambda: chance.choice(["link.trace_id:*", f"link.span_id:{1:016x}"]),
        ]
        of_logs: list[Callable[[], str]] = [
            lambda: self._text_of("body", MESSAGES),
            lambda: f"severity{compare}{chance.choice(['error', 'WARN', 'info', 'unset', '17', '10', 'trace'])}",
            lambda: f"level:{chance.choice(['*', 'debug', 'fatal'])}",
            lambda: self._text_of("severity_text", ("WARNING", "info")),
            lambda: self._text_of("event_name", ("login", "")),
            lambda: f"time{compare}{START + chance.randrange(8 * MINUTE)}",
            lambda: f"has:{chance.choice(['error', 'trace', 'exception'])}",
            lambda: f"pattern{chance.choice([':', '=', '!='])}{chance.choice([*self._patterns, '4b' * 8])}",
            lambda: "pattern:*",
        ]
        return chance.choice(both + (of_logs if level == "logs" else of_spans))()
