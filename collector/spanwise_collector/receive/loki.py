"""Loki's push request, in snappy-compressed protobuf and in JSON, and what becomes of it in OTLP."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from google.protobuf.message import DecodeError

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.declared import bounded, loki_push
from spanwise_collector.receive.log_batch import Batch, Decoded, Record, clean
from spanwise_collector.receive.log_fields import Reading, from_line, from_text
from spanwise_collector.receive.log_http import refuse_more_than
from spanwise_collector.receive.log_severity import severity_of

# Where Loki itself looks for the name of the service, in its order.
_SERVICES: Final = (
    "service_name", "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
    "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name",
)  # fmt: skip
# Labels of promtail, Alloy and the Docker driver that are attributes of a resource by another name.
_RESOURCE: Final = {
    "service.instance.id": ("service_instance_id",),
    "k8s.namespace.name": ("namespace", "k8s_namespace_name"),
    "k8s.pod.name": ("pod", "k8s_pod_name"),
    "k8s.container.name": ("container", "k8s_container_name"),
    "k8s.node.name": ("node_name", "k8s_node_name"),
    "host.name": ("hostname", "host", "host_name"),
    "log.file.path": ("filename",),
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LABEL: Final = re.compile(r'\s*([^\s={},"]+)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|$)', re.DOTALL)
_ESCAPES: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_DIGITS: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)

_Labels = list[tuple[str, str]]
# Labels as written, the pairs where they can be had, and entries of time, line and metadata.
_Stream = tuple[str, _Labels | str, Iterable[tuple[Any, Any, Any]], int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stream and an entry may be; times in seconds."""

    max_age: float
    max_ahead: float
    max_labels: int
    max_label_bytes: int
    max_records: int


def decode_proto(body: bytes, reading: Reading, limits: Limits) -> Decoded:
    """A push as promtail and Alloy send it. Raises BadData where it is none, with nothing of it kept."""
    try:
        found = loki_push().FromString(bounded(body))
    except DecodeError as error:
        raise BadData(f"The body is no PushRequest of Loki: {excerpt(str(error))}.") from None
    return _decode(map(_proto_stream, found.streams), reading, limits)


def decode_json(body: bytes, reading: Reading, limits: Limits) -> Decoded:
    """A push in JSON. Raises BadData where it has another shape, with nothing of it kept."""
    try:
        document = json.loads(body.decode())
    except RecursionError:
        raise BadData("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadData(f"The body is no JSON: {excerpt(str(error))}.") from None
    streams = document.get("streams") if isinstance(document, dict) else None
    if not isinstance(streams, list):
        raise BadData("The body is JSON, but has no array `streams`.")
    return _decode([_json_stream(index, each) for index, each in enumerate(streams)], reading, limits)


def _decode(streams: Iterable[_Stream], reading: Reading, limits: Limits) -> Decoded:
    batch, rejected, first, total = Batch(), 0, "", 0
    now = time.time_ns()
    window = now - int(limits.max_age * 1e9), now + int(limits.max_ahead * 1e9)
    for name, labels, entries, count in streams:
        total += count
        refuse_more_than(limits.max_records, total)
        if isinstance(labels, str) or (fault := _labels_fault(labels, limits)):
            rejected += count
            first = first or f"The stream {excerpt(name, 120)} {labels if isinstance(labels, str) else fault}."
            continue
        pairs = dict(labels)
        resource, level = _resource(pairs), pairs.get("level") or pairs.get("detected_level") or ""
        for moment, line, metadata in entries:
            if fault := _entry_fault(moment, window, limits):
                rejected += 1
                first = first or f"An entry of the stream {excerpt(name, 120)} {fault}."
                continue
            batch.take(partial(_taken, resource, level, moment, line, metadata, reading))
    return batch.decoded(rejected=rejected, message=first)


def _taken(
    resource: _Labels, level: str, moment: int, line: str, metadata: Mapping[str, Any], reading: Reading
) -> tuple[_Labels, Record]:
    """What the line says of itself; what metadata and labels say beside it counts before that."""
    record, service = from_line(line, reading)
    record.time = moment
    if number := severity_of(level):
        record.severity, record.severity_text = number, level
    if metadata:
        said = from_text("", reading, metadata)
        record.attributes |= said.attributes
        record.ids = said.ids if said.ids.trace_id else record.ids
        if said.severity:
            record.severity, record.severity_text = said.severity, said.severity_text
    if service and not any(name == "service.name" for name, _ in resource):
        resource = [("service.name", service), *resource]
    return resource, record


def _labels_fault(labels: list[tuple[str, str]], limits: Limits) -> str:
    if not labels:
        return "has no labels"
    if len(labels) > limits.max_labels:
        return f"has {len(labels)} labels; loki_max_labels is {limits.max_labels}"
    if len({name for name, _ in labels}) < len(labels):
        return "has a label twice"
    return next(filter(None, (_label_fault(name, value, limits.max_label_bytes) for name, value in labels)), "")


def _label_fault(name: str, value: str, longest: int) -> str:
    shown = excerpt(name, 40)
    if not _NAME.fullmatch(name):
        return f"has a label '{shown}', which is no name"
    if name.startswith("__"):
        return f"has a label '{shown}': names that begin with __ are for internal use"
    if max(len(value.encode("utf-8", "replace")), 2 * len(name)) > longest:
        return f"has a label '{shown}' that is too long; loki_max_label_bytes is {longest}"
    return ""


def _entry_fault(moment: int, window: tuple[int, int], limits: Limits) -> str:
    if moment < window[0]:
        return f"has the timestamp {moment}, older than loki_max_age, {limits.max_age:g} s (timestamps are nanoseconds)"
    if moment > window[1]:
        return f"has the timestamp {moment}, further ahead than loki_max_ahead, {limits.max_ahead:g} s"
    return ""


def _resource(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    service = next((labels[name] for name in _SERVICES if labels.get(name)), "")
    made = {"service.name": service} if service else {}
    for attribute, names in _RESOURCE.items():
        value = next((labels[name] for name in names if labels.get(name)), "")
        if value:
            made[attribute] = value
    return list((made | dict(labels)).items())


def _proto_stream(stream: Any) -> _Stream:
    return stream.labels, parse_labels(stream.labels), map(_proto_entry, stream.entries), len(stream.entries)


def _proto_entry(entry: Any) -> tuple[int, str, dict[str, str]]:
    moment = entry.timestamp.seconds * 10**9 + entry.timestamp.nanos
    return moment, entry.line, {each.name: each.value for each in entry.metadata}


def parse_labels(text: str) -> list[tuple[str, str]] | str:
    """The pairs of `{a="b", c="d"}`, values quoted as in Go; or in words what is wrong."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return "has labels that are not in braces"
    inner = inner[1:-1].strip()
    found, position = [], 0
    while position < len(inner):
        match = _LABEL.match(inner, position)
        if match is None:
            return f"has labels that cannot be read at '{excerpt(inner[position:], 40)}'"
        quoted = match[2]
        found.append((match[1], quoted[1:-1] if quoted[0] == "`" else _unquoted(quoted[1:-1])))
        position = match.end()
    return found


def _unquoted(text: str) -> str:
    return clean(_ESCAPES.sub(_escaped, text)) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return chr(int(code, 8)) if len(code) == 3 else _SIMPLE.get(code, code)


def _json_stream(index: int, stream: Any) -> _Stream:
    if not isinstance(stream, dict) or not isinstance(values := stream.get("values"), list):
        raise BadData(f"streams[{index}] has no array `values`.")
    labels = stream.get("stream", {})
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise BadData(f"streams[{index}].stream is no object of labels with text.")
    entries = [_json_entry(f"streams[{index}].values[{number}]", each) for number, each in enumerate(values)]
    name = "{" + ", ".join(f'{key}="{value}"' for key, value in list(labels.items())[:8]) + "}"
    return name, [(clean(key), clean(value)) for key, value in labels.items()], entries, len(entries)


def _json_entry(where: str, entry: Any) -> tuple[int, str, Mapping[str, Any]]:
    if not isinstance(entry, list) or len(entry) not in (2, 3):
        raise BadData(f"{where} is no array of a timestamp, a line and, where there is any, metadata.")
    moment, line, metadata = entry if len(entry) == 3 else (*entry, {})
    if not isinstance(moment, str) or not _DIGITS.fullmatch(moment):
        raise BadData(f"{where}: the timestamp is no string of nanoseconds since the epoch.")
    if not isinstance(line, str):
        raise BadData(f"{where}: the line is no text.")
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise BadData(f"{where}: the metadata are no object with text.")
    return int(moment), line, metadata
