"""Trace and span ids of a log record, under the names by which loggers write them, in fields and in text."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Ids(NamedTuple):
    """16 and 8 bytes, each empty where there is none; the flags of a `traceparent`."""

    trace_id: bytes = b""
    span_id: bytes = b""
    flags: int = 0


NO_IDS: Final = Ids()
# Names are compared without case and without `_ . - /`.
_TRACE_NAMES: Final = frozenset(
    ("traceid", "oteltraceid", "ddtraceid", "xb3traceid", "logginggoogleapiscomtrace", "@tr")
)
_SPAN_NAMES: Final = frozenset(("spanid", "otelspanid", "ddspanid", "xb3spanid", "logginggoogleapiscomspanid", "@sp"))
_WHOLE_NAMES: Final = frozenset(("traceparent", "b3", "xamzntraceid", "amzntraceid"))
_IGNORED: Final = str.maketrans("", "", "_.-/ ")
# Objects whose members are the record's own, or whose names continue theirs.
_CONTEXTS: Final = frozenset(
    ("extra", "context", "contextmap", "mdc", "ctx", "fields", "labels", "attributes", "properties")
)
_PREFIXES: Final = frozenset(("trace", "span", "dd", "otel"))

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.IGNORECASE)
_B3: Final = re.compile(r"([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{16})(?:-[01d](?:-[0-9a-f]{16})?)?", re.IGNORECASE)
_XRAY: Final = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;Parent=([0-9a-f]{16}))?", re.IGNORECASE)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# What text must hold for the search below to be worth its time.
_HINT: Final = re.compile(r"trace|b3\b", re.IGNORECASE)
_VALUE: Final = r"[\"'\\]{0,4}\s{0,2}[=:]\s{0,2}[\"'\\]{0,4}"
_TEXT_TRACE: Final = re.compile(
    rf"(\bdd\.)?\b(?:otel|x[-_]b3[-_]?)?trace[._-]?id{_VALUE}([0-9a-f]{{32}}|[0-9a-f]{{16}}|[0-9]{{1,20}})(?![0-9a-z])",
    re.IGNORECASE,
)
_TEXT_SPAN: Final = re.compile(
    rf"(\bdd\.)?\b(?:otel|x[-_]b3[-_]?)?span[._-]?id{_VALUE}([0-9a-f]{{16}}|[0-9]{{1,20}})(?![0-9a-z])",
    re.IGNORECASE,
)
_TEXT_WHOLE: Final = re.compile(
    rf"\b(?:traceparent|b3|x-amzn-trace-id){_VALUE}"
    rf"(?P<value>{_TRACEPARENT.pattern}|{_XRAY.pattern}|{_B3.pattern})(?![0-9a-z])",
    re.IGNORECASE,
)


def ids_of(fields: Mapping[str, Any]) -> tuple[Ids, list[str]]:
    """The ids that fields hold, and those top-level names whose whole value they are: the record needs them no more."""
    trace = span = b""
    flags, used = 0, []
    for name, value, top in _candidates(fields):
        known = name.lower().translate(_IGNORED)
        if known in _WHOLE_NAMES:
            found = _whole(str(value))
            trace, span, flags = trace or found.trace_id, span or found.span_id, flags or found.flags
        elif known in _TRACE_NAMES and not trace:
            trace = _trace_id(value, known)
            if trace and trace.hex() == value:
                used.append(top)
        elif known in _SPAN_NAMES and not span:
            span = _span_id(value, known)
            if span and span.hex() == value:
                used.append(top)
    return (Ids(trace, span if trace else b"", flags), used if trace else []) if trace or span else (NO_IDS, [])


def ids_in(text: str) -> Ids:
    """The first ids that a text names, as `trace_id=…` in any of the usual spellings, `traceparent`, B3 or X-Ray."""
    if _HINT.search(text) is None:
        return NO_IDS
    if (whole := _TEXT_WHOLE.search(text)) is not None:
        return _whole(whole["value"])
    match = _TEXT_TRACE.search(text)
    if match is None:
        return NO_IDS
    trace = _trace_id(match[2], "ddtraceid" if match[1] else "traceid")
    span = _TEXT_SPAN.search(text)
    return Ids(trace, _span_id(span[2], "ddspanid" if span[1] else "spanid") if trace and span else b"")


def _candidates(fields: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    """Names, values and the names of the top level; members of nested objects after all of the top."""
    found: list[tuple[str, Any, str]] = []
    nested: list[tuple[str, Any, str]] = []
    for name, value in fields.items():
        if not isinstance(value, Mapping):
            if isinstance(value, str | int):
                found.append((name, value, name))
        elif (lower := name.lower()) in _CONTEXTS:
            nested += [(key, each, "") for key, each in value.items() if isinstance(each, str | int)]
        elif lower in _PREFIXES:
            nested += [(f"{lower}.{key}", each, "") for key, each in value.items() if isinstance(each, str | int)]
    return found + nested


def _whole(text: str) -> Ids:
    if (match := _TRACEPARENT.fullmatch(text.strip())) is not None:
        return Ids(_nonzero(match[1]), _nonzero(match[2]), int(match[3], 16))
    if (match := _XRAY.search(text)) is not None:
        return Ids(_nonzero(match[1] + match[2]), _nonzero(match[3] or ""))
    if (match := _B3.fullmatch(text.strip())) is not None:
        return Ids(_nonzero(match[1]).rjust(16, b"\0"), _nonzero(match[2]))
    return NO_IDS


def _trace_id(value: Any, name: str) -> bytes:
    text = str(value).strip() if not isinstance(value, bool) else ""
    if name == "logginggoogleapiscomtrace":
        text = text.rpartition("/")[2]
    if _UUID.fullmatch(text):
        text = text.replace("-", "")
    if text.startswith("1-") and len(text) == 35:  # X-Ray's own spelling
        text = text[2:].replace("-", "")
    if name == "ddtraceid" and len(text) <= 20 and text.isascii() and text.isdigit():
        return _decimal(text).rjust(16, b"\0") if _decimal(text) else b""
    if len(text) in (16, 32):
        return found.rjust(16, b"\0") if (found := _nonzero(text)) else b""
    return b""


def _span_id(value: Any, name: str) -> bytes:
    text = str(value).strip() if not isinstance(value, bool) else ""
    if name == "ddspanid" and text.isascii() and text.isdigit():
        return _decimal(text)
    return _nonzero(text) if len(text) == 16 else b""


def _decimal(text: str) -> bytes:
    number = int(text[:21])
    return number.to_bytes(8) if 0 < number < 2**64 else b""


def _nonzero(text: str) -> bytes:
    """The bytes of hex digits; nothing for zeros and for what is no hex."""
    try:
        found = bytes.fromhex(text) if text.isalnum() else b""
    except ValueError:
        return b""
    return found if any(found) else b""
