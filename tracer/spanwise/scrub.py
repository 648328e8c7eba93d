"""Secrets are taken out before anything leaves the process: by the name of a value, and by what it looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spanwise.export.outgoing import Outgoing, OutgoingSpan
from spanwise.sql import sanitized
from spanwise.values import safe_str

# Names whose value is never sent, whatever it is.
_NAMES = re.compile(
    r"passw|passphrase|pwd|secret|credential|authoriz|(?:^|[._\s-])auth(?:$|[._\s-])|api[._\s-]?key|access[._\s-]?key"
    r"|private[._\s-]?key|token(?!s|_count|_type)|(?:^|[._\s-])(?:session|sid|pin|cvv|cvc|ssn)(?:$|[._\s-]?id$|[._\s-])|session[._\s-]?id$"
    r"|cookie|csrf|xsrf|jwt|credit[._\s-]?card|card[._\s-]?number|social[._\s-]?security",
    re.IGNORECASE,
)
# Names that only look like it, and numbers about such things.
_HARMLESS = re.compile(r"^(?:code\.|thread\.|telemetry\.|db\.(?!query\.parameter)|exception\.type$)")

# These run in the service, and a search lets no other thread run: every repetition that can be tried again from many
# places of a text has a bound, so that a text twice as long takes twice the time.
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    ("jwt", re.compile(r"\beyJ[\w-]{8,1024}+\.[\w-]{8,}(?:\.[\w-]*)?")),
    ("aws key", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b")),
    (
        "provider token",
        re.compile(
            r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abposr]-[\w-]{10,}|sk[-_](?:live|test|proj|ant)[-_][\w-]{10,}|AIza[\w-]{30,}|npm_\w{30,}|pypi-[\w-]{20,}|ya29\.[\w-]{20,})"
        ),
    ),
    ("bearer", re.compile(r"(?<=\b[Bb]earer )[\w.~+/=-]{8,}|(?<=\bBasic )[\w+/=]{8,}|(?<=\bBEARER )[\w.~+/=-]{8,}")),
    ("password in url", re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)")),
)
_ASSIGNED = re.compile(
    r"(?P<name>(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|authorization|csrf"
    r"|session[_-]?id)[\w.-]{0,100}[\"']?\s*[=:]\s*(?:(?:bearer|basic|token)\s+)?)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
_SUSPECT = re.compile(
    r"eyJ|AKIA|ASIA|AROA|AIDA|-----BEGIN|gh[pousr]_|github_pat_|glpat-|xox|sk[-_]|AIza|npm_|pypi-|ya29|://[^\s/]*@"
    r"|\d(?:[ -]?\d){12}|bearer|basic|passw|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|authorization"
    r"|csrf|session",
    re.IGNORECASE,
)
_STATEMENTS = frozenset({"db.query.text", "db.statement"})
_NOT_SQL = frozenset({"redis", "mongodb", "elasticsearch", "memcached", "dynamodb", "aws.dynamodb"})
MAX_DEPTH = 8


def note(rule: str) -> str:
    """What stands where something was taken out."""
    return f"[scrubbed: {rule}]"


def scrub_text(text: str) -> str:
    """The text with everything that looks like a secret taken out."""
    if _SUSPECT.search(text) is None:
        return text
    for rule, pattern in _LOOKS:
        text = pattern.sub(note(rule), text)
    text = _ASSIGNED.sub(_replace_assigned, text)
    return _CARD.sub(_replace_card, text)


def _replace_assigned(match: re.Match[str]) -> str:
    value = match["value"]
    return match[0] if value.startswith("[scrubbed") or value == "REDACTED" else match["name"] + note("name")


def _replace_card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return note("card number") if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def scrub_value(name: str, value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one return a type
    """The value as it may leave under this name."""
    if depth > MAX_DEPTH:
        return note("depth")
    if isinstance(value, bool | float | type(None)):
        return value
    if _NAMES.search(name) and not _HARMLESS.match(name):
        return note("name")
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, bytes | bytearray):
        return _scrub_bytes(bytes(value))
    if isinstance(value, Mapping):
        return {str(key): scrub_value(str(key), member, depth + 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [scrub_value("", member, depth + 1) for member in value]
    return value


def _scrub_bytes(value: bytes) -> bytes:
    """Bytes that look like a secret as text; what is in them besides stays as it is."""
    text = value.decode("latin-1")
    clean = scrub_text(text)
    return value if clean == text else clean.encode("latin-1")


def scrub_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as they may leave."""
    return {
        key: scrub_value(key, value) for key, value in ((safe_str(name), found) for name, found in attributes.items())
    }


def _without_literals(statement: Any, attributes: Mapping[str, Any]) -> Any:
    """Statements that other instrumentations recorded; those of other languages than SQL they mask themselves."""
    system = attributes.get("db.system.name") or attributes.get("db.system")
    return sanitized(statement) if isinstance(statement, str) and system not in _NOT_SQL else statement


def scrub(item: Outgoing) -> None:
    """Take secrets out of everything that carries text of the application."""
    for name in _STATEMENTS & item.attributes.keys():
        item.attributes[name] = _without_literals(item.attributes[name], item.attributes)
    item.attributes = scrub_attributes(item.attributes)
    if isinstance(item, OutgoingSpan):
        item.name = scrub_text(safe_str(item.name))
        item.status_message = scrub_text(item.status_message)
        item.events = [(scrub_text(safe_str(name)), scrub_attributes(attributes)) for name, attributes in item.events]
        item.links = list(map(scrub_attributes, item.links))
    else:
        item.body = scrub_value("", item.body)
