"""W3C baggage: several headers read as one, bounded in members and bytes, properties kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

MAX_BYTES = 8192
MAX_MEMBERS = 180
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_PROPERTIES = re.compile(r"[\x20-\x2b\x2d-\x7e\t]*")
_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_WHITESPACE = " \t"


class Entry(NamedTuple):
    """A member's decoded value and its properties as they were written."""

    value: str
    properties: str = ""


def parse(values: Sequence[str]) -> dict[str, Entry]:
    """Members of all headers within the limits; malformed members are skipped, the last of a name wins."""
    entries: dict[str, Entry] = {}
    for text in _members(values):
        head, semicolon, properties = text.partition(";")
        key, equals, value = head.partition("=")
        key, value = key.strip(_WHITESPACE), value.strip(_WHITESPACE)
        if not equals or not _TOKEN.fullmatch(key) or not _VALUE.fullmatch(value):
            continue
        properties = properties.strip(_WHITESPACE) if semicolon else ""
        entries[key] = Entry(unquote(value), properties if _PROPERTIES.fullmatch(properties) else "")
    return entries


def _members(values: Sequence[str]) -> Iterator[str]:
    """Members of the first 8192 bytes, at most 180 of them; a member that is cut by the limit is left out."""
    room, count = MAX_BYTES, 0
    for header in values:
        cut = header
        if len(header) > room:
            cut = header[: header.rfind(",", 0, room + 1) + 1]
        for raw in cut.split(","):
            text = raw.strip(_WHITESPACE)
            if not text:
                continue
            count += 1
            if count > MAX_MEMBERS:
                return
            yield text
        room -= len(header) + 1
        if room <= 0:
            return


def format_header(entries: Mapping[str, object], properties: Mapping[str, Entry]) -> str:
    """The `baggage` header: whole members in order up to the limits, without names that are no tokens."""
    members: list[str] = []
    length = -1
    for key, value in entries.items():
        if not _TOKEN.fullmatch(key):
            continue
        text = f"{key}={quote(str(value), safe=_SAFE)}"
        known = properties.get(key)
        if known is not None and known.properties and known.value == value:
            text += ";" + known.properties
        if length + 1 + len(text) > MAX_BYTES or len(members) == MAX_MEMBERS:
            break
        length += 1 + len(text)
        members.append(text)
    return ",".join(members)
