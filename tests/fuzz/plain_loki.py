"""Loki's push read slowly and plainly, by push.proto and loki-http-api.md: its streams, before anything is made of
their lines."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fuzz import plain_protobuf
from tests.fuzz.plain_otlp import Broken
from tests.fuzz.plain_protobuf import declared
from tests.fuzz.plain_zipkin import whole

PROTO = declared(
    {
        "PushRequest": {1: "repeated Stream streams"},
        "Stream": {1: "string labels", 2: "repeated Entry entries"},
        "Entry": {1: "Time timestamp", 2: "string line", 3: "repeated Pair metadata"},
        "Pair": {1: "string name", 2: "string value"},
        "Time": {1: "int64 seconds", 2: "int32 nanos"},
    }
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Entry = tuple[int, str, dict[str, str]]
Stream = tuple[dict[str, str] | None, list[Entry]]
"""Its labels, None where they cannot be read or have a name twice, and its entries."""


def push(body: bytes) -> list[Stream]:
    """A push in protobuf, inflated already."""
    found = plain_protobuf.read(PROTO["PushRequest"], body)
    return [(labels(stream.get("labels", "")), [_entry(each) for each in stream.get("entries", [])])
            for stream in found.get("streams", [])]  # fmt: skip


def _entry(entry: plain_protobuf.Tree) -> Entry:
    time = entry.get("timestamp", {})
    pairs = {each.get("name", ""): each.get("value", "") for each in entry.get("metadata", [])}
    return time.get("seconds", 0) * 10**9 + time.get("nanos", 0), entry.get("line", ""), pairs


def push_json(body: bytes) -> list[Stream]:
    """A push in JSON."""
    try:
        streams = json.loads(body.decode())["streams"]
        found: list[Stream] = []
        for stream in streams:
            named = stream.get("stream", {})
            entries = []
            for time, line, *rest in _lists(stream["values"]):
                metadata = rest[0] if rest else {}
                if len(rest) > 1 or not re.fullmatch("-?[0-9]{1,19}", time) or not isinstance(line, str):
                    raise Broken("an entry")
                entries.append(
                    (int(time), whole(line), {whole(name): whole(value) for name, value in metadata.items()})
                )
            pairs = [(whole(name), whole(value)) for name, value in named.items()]
            found.append((dict(pairs) if len(dict(pairs)) == len(pairs) else None, entries))
        if not isinstance(streams, list):
            raise Broken("no array")
        return found
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Broken("no push") from error


def _lists(values: Any) -> list[Any]:
    if not isinstance(values, list) or not all(isinstance(each, list) for each in values):
        raise Broken("no arrays")
    return values


def labels(text: str) -> dict[str, str] | None:
    """The labels of {name="value", …}, a letter at a time; values are quoted as in Go."""
    text = text.strip()
    if len(text) < 2 or text[0] != "{" or text[-1] != "}":
        return None
    rest = text[1:-1].strip()
    found: dict[str, str] = {}
    while rest:
        name, equals, rest = rest.partition("=")
        value = _value(rest.lstrip())
        if not equals or value is None or not name.strip() or name.strip() in found:
            return None
        found[name.strip()], rest = value[0], value[1].lstrip()
        if rest and rest[0] != ",":
            return None
        rest = rest[1:].lstrip()
    return found


def _value(text: str) -> tuple[str, str] | None:
    """A quoted value, and what comes after it."""
    if text[:1] == "`":
        inner, end, rest = text[1:].partition("`")
        return (inner, rest) if end else None
    if text[:1] != '"':
        return None
    made, at = "", 1
    while at < len(text) and text[at] != '"':
        if text[at] != "\\":
            made, at = made + text[at], at + 1
            continue
        if at + 1 == len(text):
            return None
        for form, base in (
            ("x([0-9a-fA-F]{2})", 16),
            ("u([0-9a-fA-F]{4})", 16),
            ("U([0-9a-fA-F]{8})", 16),
            ("([0-7]{3})", 8),
        ):
            if match := re.compile(form).match(text, at + 1):
                number = int(match[1], base)
                made, at = made + (chr(number) if number < 0x110000 else "\ufffd"), match.end()
                break
        else:
            made, at = made + _SIMPLE.get(text[at + 1], text[at + 1]), at + 2
    return (whole(made), text[at + 1 :]) if at < len(text) else None


_SERVICES = (
    "service_name", "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
    "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name",
)  # fmt: skip
_MEANT = {
    "service.instance.id": ("service_instance_id",),
    "k8s.namespace.name": ("namespace", "k8s_namespace_name"),
    "k8s.pod.name": ("pod", "k8s_pod_name"),
    "k8s.container.name": ("container", "k8s_container_name"),
    "k8s.node.name": ("node_name", "k8s_node_name"),
    "host.name": ("hostname", "host", "host_name"),
    "log.file.path": ("filename",),
}

Stored = tuple[dict[tuple[tuple[str, str], ...], list[Entry]], int]
"""The entries by the attributes of their resource, sorted, and how many are rejected."""


def stored(streams: list[Stream], earliest: int, latest: int, most_labels: int, longest: int) -> Stored:
    """What becomes of streams, by docs/protocols.md; their lines say nothing of themselves."""
    found: dict[tuple[tuple[str, str], ...], list[Entry]] = {}
    last: dict[tuple[tuple[str, str], ...], tuple[int, int]] = {}
    rejected = 0
    for named, entries in streams:
        if (
            named is None
            or not 0 < len(named) <= most_labels
            or not all(_fine(*each, longest) for each in named.items())
        ):
            rejected += len(entries)
            continue
        about = {name: value for name in _MEANT for value in [_first(named, _MEANT[name])] if value}
        service = _first(named, _SERVICES)
        key = tuple(sorted((about | ({"service.name": service} if service else {}) | named).items()))
        for time, line, metadata in entries:
            if not earliest <= time <= latest:
                rejected += 1
                continue
            # One that has the time of the one before it, or lies among those that were moved, comes after it.
            own, given = last.get(key, (0, 0))
            given = given + 1 if not time or own <= time <= given else time
            last[key] = (own if given != time else time, given)
            found.setdefault(key, []).append((given, line, metadata))
    return found, rejected


def _first(named: dict[str, str], names: tuple[str, ...]) -> str:
    return ([named[name] for name in names if named.get(name)] or [""])[0]


def _fine(name: str, value: str, longest: int) -> bool:
    short = 2 * len(name) <= longest and len(value.encode("utf-8", "replace")) <= longest
    return bool(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)) and not name.startswith("__") and short
