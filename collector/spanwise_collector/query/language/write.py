"""Keys and values as they are written in a query, so that reading them gives the same again."""

import re
from typing import Final

from spanwise_collector.query.language.fields import HAS, PREFIXES, field_of
from spanwise_collector.query.language.tree import Key, Level

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_@][\w.@/-]*", re.ASCII)
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_][\w.:@/-]*", re.ASCII)


def name_of(level: Level, key: Key) -> str:
    """The name that means the key: an attribute that is called like a field is `attribute.` and its name."""
    if key.scope == "field":
        return key.name
    if key.scope != "plain":
        return f"{key.scope}.{key.name}"
    taken = (
        field_of(level, key.name) is not None
        or key.name.startswith((*PREFIXES.get(level, ()), "trace."))
        or (key.name == "has" and level in HAS)
    )
    return f"attribute.{key.name}" if taken else key.name


def key_text(name: str) -> str:
    """A name as it stands before an operator, in quotation marks where it must."""
    return name if _PLAIN_KEY.fullmatch(name) else _quoted(name, '"\\')


def value_text(value: str) -> str:
    """A value as it stands after a colon, equal to nothing but itself."""
    return value if _PLAIN_VALUE.fullmatch(value) else _quoted(value, '"\\*')


def _quoted(text: str, escaped: str) -> str:
    return '"' + "".join(f"\\{each}" if each in escaped else each for each in text) + '"'
