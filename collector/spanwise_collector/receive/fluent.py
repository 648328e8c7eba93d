"""Fluent's forward protocol in its four modes, and what becomes of its events in OTLP.

Source: the Forward Protocol Specification v1, and version 2 of its events as Fluent Bit sends them.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # it has no types

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.body import inflate
from spanwise_collector.receive.log_batch import Batch, Record, fresh_key
from spanwise_collector.receive.log_fields import Reading, from_fields, from_line
from spanwise_collector.receive.log_http import refuse_more_than

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


@dataclass(frozen=True, slots=True)
class Message:
    """What one message brings: events of one tag, and `chunk`, the name that its sender wants to hear back."""

    tag: str
    events: list[tuple[int, dict[str, Any]]]
    chunk: bytes = b""


def unpacker(limit: int) -> msgpack.Unpacker:
    """A reader of messages from a stream, which holds at most `limit` bytes."""
    # Text is decoded by us: older senders have packed events as text, and loggers write what is no UTF-8.
    return msgpack.Unpacker(raw=True, strict_map_key=False, ext_hook=_extension, max_buffer_size=limit, use_list=True)


def message_of(value: Any, limit: int, most: int) -> Message | None:
    """A message as it was unpacked; None for a heartbeat. Raises BadData, or BodyTooLarge beyond `limit` bytes."""
    if value is None:
        return None
    if not isinstance(value, list) or not 2 <= len(value) <= 4 or not isinstance(value[0], bytes):
        raise BadData("A message is no array of a tag and its events.")
    tag, second = value[0].decode("utf-8", "replace"), value[1]
    single = not isinstance(second, list | bytes) or (isinstance(second, list) and len(value) > 2 and _is_time(second))
    place = 3 if single else 2
    option = value[place] if len(value) > place and isinstance(value[place], dict) else {}
    chunk = option.get(b"chunk", b"")
    if single:
        entries: Any = [[second, value[2] if len(value) > 2 else None]]
    elif isinstance(second, bytes):
        compressed = option.get(b"compressed") in (b"gzip", b"zstd")
        packed = inflate(second, option[b"compressed"].decode() if compressed else "", limit)
        entries = _unpacked(packed, limit)
    else:
        entries = second
    events = []
    for entry in entries:
        events.append(_event(entry))
        refuse_more_than(most, len(events))
    return Message(tag, events, chunk if isinstance(chunk, bytes) else str(chunk).encode())


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


def _is_time(value: list[Any]) -> bool:
    """Whether it is version 2's `[time, metadata]` and not the events of a message."""
    return len(value) == 2 and isinstance(value[0], int | float) and isinstance(value[1], dict)


def _unpacked(packed: bytes, limit: int) -> Iterator[Any]:
    reader = unpacker(max(limit, len(packed)))
    reader.feed(packed)
    whole = 0
    try:
        while True:
            yield reader.unpack()
            whole = reader.tell()
    except msgpack.OutOfData:
        if whole < len(packed):
            raise BadData("The packed events are cut off.") from None
    except NO_MSGPACK as error:
        raise BadData(f"The packed events are no msgpack: {excerpt(str(error))}.") from None


def _event(entry: Any) -> tuple[int, dict[str, Any]]:
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
    named = _decoded(fields) | (_decoded(metadata) if isinstance(metadata, dict) else {})
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


def _decoded(value: Any) -> Any:
    """Text where the bytes are UTF-8, else bytes; the keys of maps are always text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, dict):
        return {
            key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): _decoded(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value
