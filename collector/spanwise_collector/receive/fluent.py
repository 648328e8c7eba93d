"""Fluent's forward protocol in its four modes, and what becomes of its events in OTLP.

Source: the Forward Protocol Specification v1, and version 2 of its events as Fluent Bit sends them.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # it has no types

from spanwise_collector.errors import BadData, BodyTooLarge, Overloaded, excerpt
from spanwise_collector.receive.body import Hold, Weight, inflate
from spanwise_collector.receive.log_batch import Batch, Record, fresh_key
from spanwise_collector.receive.log_fields import Reading, from_fields, from_line
from spanwise_collector.receive.log_http import refuse_more_than
from spanwise_collector.receive.slices import LARGEST_PART

_TAG: Final = "fluent.tag"
# What Fluent Bit's filter for Kubernetes and Docker's driver call the attributes of a resource.
_KUBERNETES: Final = {
    "k8s.namespace.name": "namespace_name",
    "k8s.pod.name": "pod_name",
    "k8s.pod.uid": "pod_id",
    "k8s.container.name": "container_name",
    "k8s.node.name": "host",
}


NO_MSGPACK: Final = (ValueError, TypeError, RecursionError, msgpack.UnpackException)
"""What the reader raises at bytes that are no msgpack, or at a map whose key is a map or a list."""
# Of msgpack, by the first byte: arrays, and texts and bytes.
_ARRAYS: Final = frozenset((*range(0x90, 0xA0), 0xDC, 0xDD))
_TEXTS: Final = frozenset((*range(0xA0, 0xC0), 0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB))
# Bytes of memory that a map or list, and any other value, take until they are stored. On the wire an empty map is one
# byte.
_NESTED_WEIGHT, _VALUE_WEIGHT = 256, 64
# What of `chunk` stands in the name of a request (log_batch.py); that of Fluentd has 24 bytes.
_LONGEST_CHUNK: Final = 127
_MOST_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Message:
    """What one message brings: events of one tag, and `chunk`, the name that its sender wants to hear back.

    `weight` is about what they take in memory, in bytes.
    """

    tag: str
    events: list[tuple[int, dict[str, Any]]]
    chunk: bytes = b""
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may be: bytes after inflating, and events."""

    bytes: int
    events: int


class Stream:
    """Cuts what comes into messages of at most `limit` bytes, of which nothing is made here."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reader = msgpack.Unpacker(max_buffer_size=limit)
        self._held = bytearray()
        self._begin = 0

    @property
    def amid(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now. Raises BadData and BodyTooLarge."""
        self._held += data
        found = []
        try:
            self._reader.feed(data)
            while True:
                self._reader.skip()
                size = self._reader.tell() - self._begin
                found.append(bytes(self._held[:size]))
                del self._held[:size]
                self._begin += size
        except msgpack.OutOfData:
            pass
        except msgpack.BufferFull:
            raise self._too_large() from None
        except NO_MSGPACK as error:
            raise BadData(f"The stream is no msgpack: {excerpt(str(error))}.") from None
        if len(self._held) > self._limit:
            raise self._too_large()
        return found

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A message has more than {self._limit} bytes, which is max_body_bytes.")


def message_of(raw: bytes, limits: Limits, hold: Hold) -> Message | None:
    """A message, of which `hold` has the weight; None for a heartbeat.

    Raises BadData, BodyTooLarge beyond the limits, and Overloaded, with nothing more held, as soon as there is no room.
    """
    weight = Weight(hold)
    try:
        return None if raw == b"\xc0" else _message(raw, limits, weight)
    except NO_MSGPACK as error:
        raise BadData(f"The message is no msgpack of Fluent: {excerpt(str(error))}.") from None
    except Overloaded:
        hold.shrink(weight.held)
        raise


def _message(raw: bytes, limits: Limits, weight: Weight) -> Message:
    parts = list(islice(_parts(raw, listed=True), _MOST_PARTS + 1)) if raw[0] in _ARRAYS else []
    if not 2 <= len(parts) <= _MOST_PARTS or parts[0][0] not in _TEXTS:
        raise BadData("A message is no array of a tag and its events.")
    tag, kind = _unpacked(parts[0]).decode("utf-8", "replace"), parts[1][0]
    single = kind not in _TEXTS and (kind not in _ARRAYS or (len(parts) > 2 and _is_time(parts[1])))
    place = 3 if single else 2
    option = _unpacked(parts[place]) if len(parts) > place else {}
    option = option if isinstance(option, dict) else {}
    chunk = option.get(b"chunk") or b""
    if not isinstance(chunk, bytes) or len(chunk) > _LONGEST_CHUNK:
        raise BadData(f"The option `chunk` of a message is no text of at most {_LONGEST_CHUNK} bytes.")
    entries: Iterable[Any]
    if single:
        entries = [[_unpacked(parts[1]), _unpacked(parts[2]) if len(parts) > 2 else None]]
    elif kind in _TEXTS:
        compressed = option.get(b"compressed") in (b"gzip", b"zstd")
        packed = inflate(_unpacked(parts[1]), option[b"compressed"].decode() if compressed else "", limits.bytes)
        entries = map(_unpacked, _parts(packed))
    else:
        entries = map(_unpacked, _parts(parts[1], listed=True))
    events = []
    for entry in entries:
        # Every record carries the tag.
        weight.add(len(parts[0]))
        events.append(_event(entry, weight))
        refuse_more_than(limits.events, len(events))
    weight.take()
    return Message(tag, events, chunk, weight.held)


def to_batch(message: Message, reading: Reading) -> Batch:
    """The events as log records."""
    batch = Batch()
    for moment, fields in message.events:
        batch.take(partial(_taken, message.tag, moment, fields, reading))
    return batch


def key_of(message: Message) -> bytes:
    """The name of the request: a chunk that is sent again counts once, a message without one each time."""
    return message.chunk or fresh_key()


def _taken(tag: str, moment: int, fields: dict[str, Any], reading: Reading) -> tuple[Iterable[tuple[str, str]], Record]:
    record, service = _record(fields, reading)
    record.time = moment or record.time
    record.attributes[_TAG] = tag
    return _resource(fields, service or tag), record


def _record(fields: dict[str, Any], reading: Reading) -> tuple[Record, str]:
    log = fields.get("log")
    if not isinstance(log, str):
        return from_fields(fields, reading)
    # Docker's driver and Fluent Bit's tail bring the program's own line, which may be JSON.
    record, service = from_line(log.removesuffix("\n"), reading)
    outer, outer_service = from_fields({key: value for key, value in fields.items() if key != "log"}, reading)
    record.attributes = outer.attributes | record.attributes
    if not record.severity:
        record.severity, record.severity_text = outer.severity, outer.severity_text
    record.ids = record.ids if record.ids.trace_id else outer.ids
    return record, service or outer_service


def _resource(fields: Mapping[str, Any], service: str) -> list[tuple[str, str]]:
    kubernetes = fields.get("kubernetes")
    found = {}
    if isinstance(kubernetes, dict):
        named = {attribute: kubernetes.get(name) for attribute, name in _KUBERNETES.items()}
        found = {attribute: value for attribute, value in named.items() if isinstance(value, str) and value}
        service = found.get("k8s.container.name", service)
    elif isinstance(name := fields.get("container_name"), str) and name:
        service = name.removeprefix("/")
        found["container.name"] = service
    if isinstance(container := fields.get("container_id"), str) and container:
        found["container.id"] = container
    return [("service.name", service), *found.items()]


def _is_time(packed: bytes) -> bool:
    """Whether it is version 2's `[time, metadata]` and not the events of a message."""
    parts = list(islice(_parts(packed, listed=True), 3))
    return len(parts) == 2 and parts[0][0] not in _ARRAYS


def _parts(packed: bytes, *, listed: bool = False) -> Iterator[bytes]:
    """The values that are packed one after the other, or as the members of an array, each still packed."""
    reader = msgpack.Unpacker(max_buffer_size=max(1, len(packed)))
    reader.feed(packed)
    if listed:
        reader.read_array_header()
    begin = reader.tell()
    while begin < len(packed):
        try:
            reader.skip()
        except msgpack.OutOfData:
            raise BadData("The packed events are cut off.") from None
        end = reader.tell()
        yield packed[begin:end]
        begin = end


def _unpacked(packed: bytes) -> Any:
    if len(packed) > LARGEST_PART and packed[0] not in _TEXTS:
        raise BodyTooLarge(f"A part of a message has {len(packed)} bytes; one event has at most {LARGEST_PART}.")
    # Text is decoded by us: older senders have packed events as text, and loggers write what is no UTF-8.
    return msgpack.unpackb(packed, raw=True, strict_map_key=False, ext_hook=_extension, use_list=True)


def _event(entry: Any, weight: Weight) -> tuple[int, dict[str, Any]]:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], dict):
        raise BadData("An event is no array of a time and its fields.")
    moment, fields = entry
    metadata: Any = {}
    if isinstance(moment, list) and len(moment) == 2:
        moment, metadata = moment
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not math.isfinite(moment):
        raise BadData("The time of an event is no number and no EventTime.")
    # A time beyond that is none; as a number of nanoseconds it may even be infinite.
    seconds = moment if abs(moment) < 2**63 else 0
    nanoseconds = moment.nanoseconds if isinstance(moment, EventTime) else int(seconds * 10**9)
    named = _decoded(fields, weight) | (_decoded(metadata, weight) if isinstance(metadata, dict) else {})
    return nanoseconds if 0 < nanoseconds < 2**63 else 0, named


class EventTime(int):
    """A time with nanoseconds, as told from the whole seconds of older senders."""

    @property
    def nanoseconds(self) -> int:
        return int(self)


def _extension(code: int, data: bytes) -> Any:
    if code == 0 and len(data) == 8:
        seconds, nanoseconds = struct.unpack(">II", data)
        return EventTime(seconds * 10**9 + nanoseconds)
    return bytes(data)


def _decoded(value: Any, weight: Weight) -> Any:
    """Text where the bytes are UTF-8, else bytes; the keys of maps are always text."""
    if isinstance(value, bytes):
        weight.add(_VALUE_WEIGHT + len(value))
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, dict):
        weight.add(_NESTED_WEIGHT + _VALUE_WEIGHT * len(value))
        return {
            key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): _decoded(each, weight)
            for key, each in value.items()
        }
    if isinstance(value, list):
        weight.add(_NESTED_WEIGHT)
        return [_decoded(each, weight) for each in value]
    weight.add(_VALUE_WEIGHT)
    return value
