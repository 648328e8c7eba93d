"""What a line or an object of fields says of itself: time, severity, message, ids. The one place that decides it.

Known names become the record's own fields, all others attributes with their types. A field whose value cannot be read
as what its name promises stays an attribute.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Final

from spanwise_collector.receive.log_batch import CUT, Record, clean, cut
from spanwise_collector.receive.log_ids import NO_IDS, Ids, ids_in, ids_of
from spanwise_collector.receive.log_severity import severity_in, severity_of
from spanwise_collector.receive.log_time import time_in, time_of

# In the order in which they are tried, for records that have several.
_TIMES: Final = (
    "time", "@timestamp", "timestamp", "ts", "@t", "asctime", "datetime", "date", "eventTime", "created",
    "Timestamp", "timeMillis", "__REALTIME_TIMESTAMP",
)  # fmt: skip
_LEVELS: Final = (
    # Words before numbers: of 400 beside ERROR, as Monolog has it, the word is told.
    "levelname", "level_name", "level", "log.level", "severity", "severity_text", "severityText", "lvl", "loglevel",
    "log_level", "@l", "Level", "LogLevel", "severity_number", "severityNumber", "levelno", "level_number", "priority",
    "PRIORITY",
)  # fmt: skip
_MESSAGES: Final = (
    "msg", "message", "@message", "event", "body", "short_message", "textPayload", "MESSAGE", "@m", "@mt", "Message",
    "RenderedMessage", "MessageTemplate", "log",
)  # fmt: skip
_SERVICES: Final = ("service.name", "service_name", "serviceName", "service", "SYSLOG_IDENTIFIER")
# A time in nanoseconds beside one that was written with less.
_SECONDS: Final = ("seconds", "nanos")

# What colours a terminal.
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_LOGFMT_PAIR: Final = re.compile(r'\s*([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)')
_LOGFMT_KNOWN: Final = frozenset((*_TIMES, *_LEVELS, *_MESSAGES))


@dataclass(frozen=True, slots=True)
class Reading:
    """How records are read: the zone of times that name none, and the most bytes of one text."""

    zone: tzinfo = UTC
    max_bytes: int = 256 * 2**10


def from_line(line: str, reading: Reading) -> tuple[Record, str]:
    """The record of one line, JSON, logfmt or any text, and the service that it names, or ""."""
    if line[:1] == "{":
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return from_fields(found, reading, line)
        return from_text(line, reading), ""
    if (pairs := _logfmt(_plain(line))) is not None:
        return from_fields(pairs, reading, line)
    return from_text(line, reading), ""


def from_text(text: str, reading: Reading, fields: Mapping[str, Any] | None = None) -> Record:
    """The record of a text, whose own time, severity and ids are looked for where `fields` name none.

    All of `fields` become attributes.
    """
    body, missing = cut(text, reading.max_bytes)
    shown = _plain(body)
    fields = fields or {}
    ids, _ = ids_of(fields) if fields else (NO_IDS, [])
    level, word, _ = _level(fields)
    if not level:
        level, word = severity_in(shown)
    ids = ids if ids.trace_id else ids_in(shown)
    attributes = dict(fields) | ({CUT: missing} if missing else {})
    return Record(body, time_in(shown, reading.zone), level, word, ids, "", attributes)


def from_fields(fields: Mapping[str, Any], reading: Reading, line: str = "") -> tuple[Record, str]:
    """The record of an object, and the service that it names, or "".

    `line` is its text, which is the body where there is no message.
    """
    fields = _unwrapped(fields)
    ids, used = ids_of(fields)
    level, word, level_name = _level(fields)
    moment, time_name = _time(fields, reading.zone)
    message_name = next((name for name in _MESSAGES if isinstance(fields.get(name), str)), "")
    body = fields[message_name] if message_name else _nested_message(fields) or line or None
    gone = {level_name, time_name, message_name, *used}
    attributes = {str(name): value for name, value in fields.items() if name not in gone}
    if isinstance(body, str):
        body, missing = cut(body, reading.max_bytes)
        attributes |= {CUT: missing} if missing else {}
        shown = _plain(body)
        if not level:
            level, word = severity_in(shown)
        ids = ids if ids.trace_id else _or(ids_in(shown), ids)
        moment = moment or time_in(shown, reading.zone)
    _limit(attributes, reading.max_bytes)
    return Record(body, moment, level, word, ids, "", attributes), _service(fields)


def _plain(text: str) -> str:
    """Without colours: what is looked through, while what is stored stays as it was sent."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


def _unwrapped(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Loguru's `serialize` puts the record beside its text: {"text": …, "record": {"message": …, "level": {…}, …}}."""
    record = fields.get("record")
    if isinstance(record, Mapping) and "text" in fields and isinstance(record.get("level"), Mapping):
        return record
    return fields


def _nested_message(fields: Mapping[str, Any]) -> str:
    """That of Rust's tracing: {"fields": {"message": …, …}, "level": …}."""
    nested = fields.get("fields")
    message = nested.get("message") if isinstance(nested, Mapping) else None
    return message if isinstance(message, str) else ""


def _level(fields: Mapping[str, Any]) -> tuple[int, str, str]:
    """The number, the word as written, and the name under which it stood; 0 and empty where there is none."""
    for name in _LEVELS:
        value = fields.get(name)
        if isinstance(value, Mapping):  # loguru: {"name": "INFO", "no": 20}
            value = value.get("name")
        value = _plain(value) if isinstance(value, str) else value
        if value is not None and (number := severity_of(value, name)):
            return number, value.strip()[:64] if isinstance(value, str) else str(value), name
    nested = fields.get("log")  # Elastic's, where its names are not dotted
    if isinstance(nested, Mapping) and (number := severity_of(word := nested.get("level"))):
        return number, str(word), ""
    return 0, "", ""


def _time(fields: Mapping[str, Any], zone: tzinfo) -> tuple[int, str]:
    for name in _TIMES:
        value = fields.get(name)
        if isinstance(value, Mapping):
            if name == "timestamp" and (found := _of_parts(*map(value.get, _SECONDS))):  # Google Cloud's
                return found, name
            value = value.get("timestamp")  # loguru: {"repr": …, "timestamp": 1.5}
        if value is not None and (found := time_of(value, zone)):
            return found, name
    instant = fields.get("instant")  # log4j's
    if isinstance(instant, Mapping) and (found := _of_parts(instant.get("epochSecond"), instant.get("nanoOfSecond"))):
        return found, "instant"
    found = _of_parts(fields.get("timestampSeconds"), fields.get("timestampNanos"))
    return found, "timestampSeconds" if found else ""


def _of_parts(seconds: Any, nanos: Any) -> int:
    """The time of whole seconds and of the nanoseconds beside them, which may be left out; 0 where one is odd."""
    nanos = 0 if nanos is None else nanos
    if not isinstance(seconds, int) or not isinstance(nanos, int | float) or bool in (type(seconds), type(nanos)):
        return 0
    return time_of(seconds * 10**9 + int(nanos)) if 0 <= nanos < 10**9 else 0


def _service(fields: Mapping[str, Any]) -> str:
    for name in _SERVICES:
        value = fields.get(name)
        if isinstance(value, Mapping):
            value = value.get("name")
        if isinstance(value, str) and value:
            return clean(value[:256])
    return ""


def _or(found: Ids, other: Ids) -> Ids:
    return found if found.trace_id else other


def _limit(attributes: dict[str, Any], limit: int) -> None:
    missing = 0
    for name, value in attributes.items():
        if isinstance(value, str) and len(value) * 4 > limit:
            attributes[name], gone = cut(value, limit)
            missing += gone
    if missing:
        attributes[CUT] = attributes.get(CUT, 0) + missing


def _logfmt(line: str) -> dict[str, str] | None:
    """The pairs of a line that consists of nothing else and names at least one thing that is known."""
    found: dict[str, str] = {}
    position = 0
    while (match := _LOGFMT_PAIR.match(line, position)) is not None:
        text = match[2]
        found[match[1]] = _unquoted(text) if text[:1] == '"' else text
        position = match.end()
    whole = len(found) > 1 and not line[position:].strip()
    return found if whole and not _LOGFMT_KNOWN.isdisjoint(found) else None


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]
