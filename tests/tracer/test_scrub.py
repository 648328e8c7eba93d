"""Secrets of every known look and name stay in the process, through every way out; what is harmless stays readable."""

from __future__ import annotations

import logging
import secrets
import string
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
import spanwise
from spanwise.export.outgoing import OutgoingSpan, outgoing_span
from spanwise.export.spans import encode_span
from spanwise.scrub import scrub, scrub_text, scrub_value
from spanwise.testing import capture

from tests.tracer.processes import run_script
from tests.tracer.sink import Sink

ALNUM = string.ascii_letters + string.digits


def corpus(count: int = 200) -> list[tuple[str, str]]:
    """Pairs of a text and the secret in it, of every look in turn."""
    random = Random(7)

    def word(length: int) -> str:
        return "".join(random.choices(ALNUM, k=length))

    def card() -> str:
        digits = [random.randrange(10) for _ in range(15)]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::-1][::2]]
        check = -(sum(doubled) + sum(digits[::-1][1::2])) % 10
        text = "".join(map(str, [*digits, check]))
        return random.choice([text, " ".join(text[n : n + 4] for n in range(0, 16, 4))])

    looks: list[tuple[str, Any]] = [
        ("login with {} failed", lambda: f"eyJ{word(20)}.{word(30)}.{word(20)}"),
        ("key {} is no good", lambda: "AKIA" + word(16).upper()),
        ("Authorization: Bearer {}", lambda: word(32)),
        ("Authorization: Basic {}", lambda: word(24)),
        ("postgresql://{}@db/shop", lambda: f"app:{word(12)}"),
        ("password={} is wrong", lambda: word(10)),
        ("{{'api_key': '{}'}}", lambda: word(24)),
        ('{{"client_secret": "{}"}}', lambda: word(24)),
        ("GET /login?token={}&next=1", lambda: word(18)),
        ("charged card {}", card),
        ("pushed with ghp_{}", lambda: word(36)),
        ("sk_live_{}", lambda: word(24)),
        ("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", lambda: word(64)),
    ]
    pairs = []
    for number in range(count):
        template, make = looks[number % len(looks)]
        secret = make()
        pairs.append((template.format(secret), secret))
    return pairs


def test_two_hundred_secrets_through_every_way_out(sink: Sink, tmp_path: Path) -> None:
    code = """
import json, logging, sys
import spanwise
spanwise.init("script")
logger = logging.getLogger("app")
for text in json.load(open("corpus.json")):
    with spanwise.span(text, note=text, nested={"list": [text]}) as span:
        logger.warning(text, extra={"context": {"text": text}})
        logger.warning("%s", text)
    try:
        with spanwise.span("failing"):
            raise ValueError(text)
    except ValueError:
        logger.exception("failed")
"""
    import json

    pairs = corpus()
    (tmp_path / "corpus.json").write_text(json.dumps([text for text, _ in pairs]))
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(sink.spans) == 400
    sent = b"".join(body for _, _, body in sink.bodies).decode(errors="replace")
    assert [secret for _, secret in pairs if secret in sent] == []


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "user.passwd",
        "http.request.header.authorization",
        "X-Api-Key",
        "apikey",
        "client_secret",
        "cookie",
        "session",
        "session_id",
        "csrftoken",
        "access_token",
        "private.key",
        "ssn",
        "credit_card",
        "jwt",
        "auth",
    ],
)
def test_values_of_telling_names_never_leave(name: str) -> None:
    assert scrub_value(name, secrets.token_hex()) == "[scrubbed: name]"
    assert scrub_value("form", {name: 1234}) == {"form" if False else name: "[scrubbed: name]"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("author", "Ursula"),
        ("http.route", "/sessions/{id}"),
        ("gen_ai.usage.input_tokens", 512),
        ("code.function.name", "reset_password"),
        ("db.query.text", "SELECT password FROM users WHERE id = ?"),
        ("exception.type", "auth.PasswordError"),
        ("order", "4111 1111 1111 1112"),
        ("time", "1763700000000000000"),
        ("url.full", "http://shop/login?token=REDACTED"),
        ("text", "the token bucket is full; no secret here"),
        ("ok", True),
        ("none", None),
        ("ratio", 0.5),
    ],
)
def test_harmless_values_stay(name: str, value: Any) -> None:
    assert scrub_value(name, value) == value


def test_a_note_says_what_was_taken_out() -> None:
    assert scrub_text("password=hunter2 ok") == "password=[scrubbed: name] ok"
    assert scrub_text("postgresql://app:hunter2@db/shop") == "postgresql://[scrubbed: password in url]@db/shop"


def test_before_send_changes_withholds_and_fails_closed(sink: Sink, tmp_path: Path) -> None:
    code = """
import logging, spanwise
def before_send(item):
    if getattr(item, "name", "") == "drop me":
        return None
    if getattr(item, "name", "") == "break":
        raise RuntimeError("hook")
    item.attributes["team"] = "shop"
    return item
spanwise.init("script", before_send=before_send)
for name in ("keep", "drop me", "break"):
    with spanwise.span(name): pass
logging.getLogger("app").warning("line")
spanwise.shutdown()
from spanwise import state
print(state.active.exporter.counters())
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert [(span.name, span.attributes["team"]) for span in sink.spans] == [("keep", "shop")]
    lines = [record for record in sink.records if record.logger == "app"]
    assert [(record.body, record.attributes["team"]) for record in lines] == [("line", "shop")]
    counts = {"created": 3, "exported": 1, "retried": 0, "dropped.before_send": 1, "dropped.before_send_failed": 1}
    assert str(counts) in done.stdout
    assert done.stderr.count("RuntimeError: hook") == 1


def test_logging_levels_have_otlp_numbers() -> None:
    from spanwise.logs import severity

    levels = [1, logging.DEBUG, 15, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL, 60]
    assert [severity(level) for level in levels] == [1, 5, 8, 9, 13, 17, 21, 24]


@pytest.mark.parametrize(
    "text", ["token: x " + "a" * 200_000, "eyJ-" * 50_000, "token" * 40_000, "password" + " " * 200_000]
)
def test_a_long_text_takes_no_time_out_of_proportion(text: str) -> None:
    # Looked through from every place anew, each of these takes minutes, and the limit on tests ends it.
    assert len(scrub_text(text)) <= len(text) + 20


def test_links_names_of_events_and_bytes_are_looked_at_too() -> None:
    with capture(), spanwise.span("x", raw=b"password=hunter2 \xff", listed=[b"AKIAABCDEFGHIJKLMNOP"]) as span:
        span.otel.add_event("login with password=hunter2", {"raw": b"password=hunter2"})
        span.otel.add_link(span.otel.get_span_context(), {"password": "hunter2", "user.sessionId": "hunter2"})
    item = outgoing_span(cast(Any, span.otel))
    scrub(item)
    sent = encode_span(item)
    assert [text for text in (b"hunter2", b"AKIAABCDEFGHIJKLMNOP") if text in sent.SerializeToString()] == []
    assert sent.attributes[0].value.bytes_value == b"password=[scrubbed: name] \xff"
    assert [pair.value.string_value for pair in sent.links[0].attributes] == ["[scrubbed: name]"] * 2


def test_a_hook_that_makes_a_span_anew_without_its_links_keeps_where_they_lead_and_nothing_else_of_them() -> None:
    with capture(), spanwise.span("x") as span:
        span.otel.add_link(span.otel.get_span_context(), {"password": "hunter2"})
    source = cast(Any, span.otel)
    sent = encode_span(OutgoingSpan("y", {}, [], "", source))
    assert [(link.span_id, len(link.attributes)) for link in sent.links] == [(sent.span_id, 0)]


@pytest.mark.parametrize("name", ["userSessionId", "sessionId", "user.session_id", "JSESSION_ID"])
def test_names_of_sessions_are_known_however_they_are_written(name: str) -> None:
    assert scrub_value(name, "abc") == "[scrubbed: name]"
