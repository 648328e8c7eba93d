"""Log records of any protocol but OTLP, gathered into one OTLP request."""

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from spanwise_collector.errors import Refused
from spanwise_collector.receive.log_ids import NO_IDS, Ids

_LOG = logging.getLogger(__name__)
CUT: Final = "spanwise.cut_bytes"
"""The attribute that tells how many bytes of a record's text were cut off, because it was over `max_log_bytes`."""

# A field of the request that nobody reads: it tells requests apart whose records are the same (ADR-0101).
_KEY_TAG: Final = b"\xba\x3e"  # field 999, length-delimited
_DEEPEST: Final = 16
_SCALARS: Final = {bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value"}
_INT64: Final = range(-(2**63), 2**63)


class Moment(NamedTuple):
    """Of a record: the time that it had of its own, and the one that it was given, in ns."""

    own: int = 0
    given: int = 0


NO_MOMENT: Final = Moment()


@dataclass(slots=True)
class Record:
    """A record on its way into OTLP. Times are nanoseconds, 0 where unknown; severity 0 likewise."""

    body: Any = None
    time: int = 0
    severity: int = 0
    severity_text: str = ""
    ids: Ids = NO_IDS
    event_name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of a body: the records that can be stored, how many cannot, with a sentence about one, and the last's
    time."""

    request: ExportLogsServiceRequest
    rejected: int = 0
    message: str = ""
    last: Moment = NO_MOMENT


@dataclass(slots=True)
class _Target:
    """The records of one resource, and the times of the last of them."""

    records: Any
    last: Moment

    def after(self, own: int) -> int:
        """The time of the next record: its own, or a nanosecond after that of the record before it where it has none
        or the same. So what is sorted by time keeps the order in which it was written."""
        before = self.last
        if not own or before.own <= own <= before.given:
            self.last = Moment(before.own, before.given + bool(before.given))
        else:
            self.last = Moment(own, own)
        return self.last.given


class Batch:
    """Gathers records by resource, those of one moment a nanosecond apart. The same records in the same order always
    give the same bytes.

    `count` is of all records that it was to take, `faults` of those at which our own code failed. `after` are
    the times of the record before the first, of the same resource, where its sender says them.
    """

    def __init__(self, after: Moment = NO_MOMENT) -> None:
        self._last = after
        self._request = ExportLogsServiceRequest()
        self._targets: dict[tuple[tuple[str, str], ...], _Target] = {}
        self.count = self.faults = 0

    def take(self, read: Callable[[], tuple[Iterable[tuple[str, str]], Record]]) -> None:
        """Add the record that `read` makes, to the resource with the attributes that it gives, in their order.

        A record at which our own code fails is rejected: those beside it are not to blame. Raises what is Refused.
        """
        self.count += 1
        try:
            self._add(*read())
        except (Refused, MemoryError):
            raise
        except Exception as error:
            if not self.faults:
                _LOG.error("A log record cannot be read for a fault of our own, and is rejected", exc_info=error)
            self.faults += 1

    def decoded(self, key: bytes | None = None, rejected: int = 0, message: str = "") -> Decoded:
        """The request, for the intake, and what was rejected, here and before. One that is sent again is known by
        equal bytes.

        So where a protocol names its requests, `key` is that name; where the sender never repeats itself, but may well
        say the same thing twice, leave a fresh one to be drawn with `secrets.token_bytes`; where a repeated request has
        equal records and times, as Loki's, give none.
        """
        if key:
            key = key[:127]
            self._request.MergeFromString(_KEY_TAG + bytes((len(key),)) + key)
        fault = "The collector met a fault of its own at a record; see its log." if self.faults else ""
        return Decoded(self._request, rejected + self.faults, fault or message, self._last)

    def _add(self, resource: Iterable[tuple[str, str]], record: Record) -> None:
        key = tuple(resource)
        if key not in self._targets:
            made = self._request.resource_logs.add()
            put_all(made.resource.attributes, dict(key))
            last = NO_MOMENT if self._targets else self._last
            self._targets[key] = _Target(made.scope_logs.add().log_records, last)
        target = self._targets[key]
        records = target.records
        record.time = target.after(record.time)
        self._last = target.last
        try:
            _fill(records.add(), record)
        except Exception:
            del records[-1]
            raise


def fresh_key() -> bytes:
    """A name for a request that is told from every other."""
    return secrets.token_bytes(12)


def clean(text: str) -> str:
    """The text with lone surrogates replaced: UTF-8 cannot write them."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def put_all(target: Any, values: Mapping[str, Any]) -> None:
    """Add values to a repeated field of OTLP's KeyValue, each with its type."""
    for key, value in values.items():
        pair: KeyValue = target.add()
        pair.key = clean(key)
        put(pair.value, value)


def put(target: AnyValue, value: Any, depth: int = 0) -> None:
    """Write a value of Python as OTLP's AnyValue. Whole numbers beyond 64 bits, and what nests deeper than 16 levels,
    become text."""
    kind = type(value)
    if kind in _SCALARS and (kind is not int or value in _INT64):
        setattr(target, _SCALARS[kind], value)
    elif isinstance(value, Mapping | list | tuple) and depth < _DEEPEST:
        _put_nested(target, value, depth)
    elif isinstance(value, Mapping | list | tuple):
        target.string_value = clean(json.dumps(value, default=str))
    elif value is not None:
        target.string_value = clean(str(value))


def _put_nested(target: AnyValue, value: Any, depth: int) -> None:
    if isinstance(value, Mapping):
        target.kvlist_value.SetInParent()
        for key, each in value.items():
            pair = target.kvlist_value.values.add()
            pair.key = clean(str(key))
            put(pair.value, each, depth + 1)
    else:
        target.array_value.SetInParent()
        for each in value:
            put(target.array_value.values.add(), each, depth + 1)


def cut(text: str, limit: int) -> tuple[str, int]:
    """The text within `limit` bytes of UTF-8, and how many bytes were cut off; never in the middle of a character."""
    if len(text) * 4 <= limit:
        return text, 0
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text, 0
    kept = raw[:limit].decode("utf-8", "ignore")
    return kept, len(raw) - len(kept.encode())


def _fill(target: LogRecord, record: Record) -> None:
    target.time_unix_nano = record.time
    target.severity_number = SeverityNumber.ValueType(record.severity)
    target.severity_text = clean(record.severity_text)
    if record.body is not None:
        put(target.body, record.body)
    target.trace_id, target.span_id, target.flags = record.ids
    target.event_name = clean(record.event_name)
    put_all(target.attributes, record.attributes)
