"""A trace as text for a terminal: `GET /api/v1/traces/{id}.txt`."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from spanwise_collector.api import drawing
from spanwise_collector.api.values import to_json
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.trace import Trace

_NAMES: Final = 0.45
_SERVICE: Final = 0.15
_DURATION: Final = 9
_DEEPEST: Final = 12


def waterfall(trace: Trace, logs: Sequence[LogRecord], width: int) -> Iterator[str]:
    """Lines of at most `width` columns, with no character that would steer a terminal."""
    yield _cut(f"Trace {trace.trace_id}  {drawing.duration(trace.end - trace.start)}", width)
    yield _cut(f"{drawing.moment(trace.start)}  {drawing.heading(trace)}", width)
    yield ""
    services, names = int(width * _SERVICE), int(width * _NAMES) - int(width * _SERVICE)
    bar = max(1, width - services - names - _DURATION - 5)
    for row in drawing.rows(trace, logs):
        span = row.node.span
        indent = "  " * min(row.node.depth, _DEEPEST)
        mark = "✗" if row.failed else " "
        yield (
            f"{_padded(span.service, services)} {_padded(indent + _plain(span.name), names)} {mark}"
            f" {_bar(row, bar)} {drawing.duration(span.duration):>{_DURATION}}"
        )
        if row.failed and span.status_message:
            yield _cut(f"{' ' * services} {indent}  ✗ {_plain(span.status_message)}", width)
        for each in row.logs:
            yield _cut(f"{' ' * services} {indent}  {_line(each, trace.start)}", width)
    yield from _gaps(trace, width)
    rest = drawing.apart(trace, logs)
    if rest:
        yield ""
        yield "Log records that name no span of it:"
        for each in rest:
            yield _cut(f"  {_padded(each.service, services)} {_line(each, trace.start)}", width)


def _gaps(trace: Trace, width: int) -> Iterator[str]:
    gaps, count = drawing.gaps(trace)
    if not gaps:
        return
    yield ""
    yield _cut(f"Where no span tells, the longest first ({len(gaps)} of {count:,}):", width)
    for gap in gaps:
        span = gap.node.span
        at = f"at {drawing.duration(gap.start - trace.start)}"
        yield _cut(
            f"  {drawing.duration(gap.duration):>{_DURATION}}  {gap.kind}  {_plain(span.service)} {_plain(span.name)},"
            f" {at}: {_plain(gap.reason)}",
            width,
        )


def _line(record: LogRecord, start: int) -> str:
    body = record.body if isinstance(record.body, str) else json.dumps(to_json(record.body), ensure_ascii=False)
    inferred = " (inferred)" if record.inferred else ""
    at = drawing.duration(record.time - start)
    return f"{at} {_plain(record.severity_text) or '-'}{inferred} {_plain(body or record.event_name)}"


def _bar(row: drawing.Row, width: int) -> str:
    left = min(int(row.left * width), width - 1)
    length = min(max(1, round(row.width * width)), width - left)
    return " " * left + "━" * length + " " * (width - left - length)


def _padded(text: str, width: int) -> str:
    cut = _cut(_plain(text), width)
    return cut + " " * (width - _columns(cut))


def _cut(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    room, end = width - 1, 0
    while end < len(text) and (room := room - _columns(text[end])) >= 0:
        end += 1
    return text[:end] + "…"


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def _plain(text: str) -> str:
    """What telemetry says, every character that would steer the terminal written out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
