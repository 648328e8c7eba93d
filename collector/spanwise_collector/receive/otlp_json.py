"""OTLP's own JSON, which is not protobuf's: ids in hex, enums as integers, unknown fields ignored.

A message is read by its descriptor, so a field that OTLP grows is read without a change here.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.check import REQUESTS, Request
from spanwise_collector.spool import Signal

# upb refuses to read what is nested deeper than 100 messages, and so would whoever reads the spool.
_DEEPEST = 100
_IDS = frozenset(("trace_id", "span_id", "parent_span_id"))
# Stands for an id of a span that is no hex: of no valid length, so that the check rejects this span and no
# other.
_NO_HEX = b"?"
_DOUBLES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_DECIMAL = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_DECIMAL_FRACTION = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_BASE64URL = str.maketrans("-_", "+/")

_Reader = Callable[[Any], Any]


class _Wrong(ValueError):
    """A value that cannot be read; the path to it grows on the way up."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.path: list[str] = []

    def refusal(self) -> BadData:
        path = "".join(reversed(self.path)).removeprefix(".")
        return BadData(f"{excerpt(path)} {self.message}.")


def from_json(signal: Signal, body: bytes) -> Request:
    """The message of a JSON body. Raises BadData naming the path of the first value that is wrong."""
    document = _document(body)
    if not isinstance(document, dict):
        raise BadData(f"The body is JSON, but {_kind(document)} where an object was expected.")
    made = REQUESTS[signal]()
    try:
        _fill(made, document, 0)
    except _Wrong as wrong:
        raise wrong.refusal() from None
    return made


def _document(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadData("The body is not in UTF-8.") from None
    except RecursionError:
        raise BadData(f"The body is nested deeper than {_DEEPEST} levels.") from None
    except ValueError as error:
        raise BadData(f"The body is no JSON: {excerpt(str(error))}.") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} must be written as a string, "{name}"')


def _fill(message: Message, values: dict[str, Any], depth: int) -> None:
    if depth > _DEEPEST:
        raise _Wrong(f"is nested deeper than {_DEEPEST} levels")
    readers = _readers(message.DESCRIPTOR)
    for key, value in values.items():
        field = readers.get(key)
        if field is None or value is None:
            continue
        name, read, repeated = field
        try:
            if read is None:
                _fill_messages(message, name, value, repeated, depth + 1)
            elif repeated:
                getattr(message, name).extend([_paired(read(item)) for item in _items(value)])
            else:
                _set(message, name, read(value))
        except _Wrong as wrong:
            wrong.path.append(f".{key}")
            raise


def _fill_messages(message: Message, name: str, value: Any, repeated: bool, depth: int) -> None:
    target = getattr(message, name)
    if not repeated:
        target.SetInParent()
        _fill(target, _object(value), depth)
        return
    for index, item in enumerate(_items(value)):
        try:
            _fill(target.add(), _object(item), depth)
        except _Wrong as wrong:
            wrong.path.append(f"[{index}]")
            raise


def _set(message: Message, name: str, value: Any) -> None:
    try:
        setattr(message, name, value)
    except UnicodeEncodeError:
        setattr(message, name, _paired(value))


def _paired(value: Any) -> Any:
    """Without lone surrogates, which JSON can write and UTF-8 cannot; what is no text stays as it is."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_Field = tuple[str, _Reader | None, bool]


@cache
def _readers(descriptor: Descriptor) -> dict[str, _Field]:
    """By lowerCamelCase name, the only one that counts: own name, reader (None: a message), repeated."""
    return {field.json_name: (field.name, _reader(field), field.is_repeated) for field in descriptor.fields}


def _reader(field: FieldDescriptor) -> _Reader | None:
    if field.type == FieldDescriptor.TYPE_BYTES and field.name in _IDS:
        owner = field.containing_type
        return _span_id if owner is not None and owner.name == "Span" else _other_id
    return _READERS[field.type]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(f"is {_kind(value)} where an object was expected")
    return value


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong(f"is {_kind(value)} where an array was expected")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"is {_kind(value)} where a string was expected")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"is {_kind(value)} where true or false was expected")
    return value


def _integer(least: int, most: int) -> _Reader:
    def read(value: Any) -> int:
        number = value
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            number = int(value)
        if type(number) is not int or not least <= number <= most:
            raise _Wrong(f"is {_shown(value)} where an integer from {least} to {most} was expected")
        return number

    return read


def _enum(value: Any) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise _Wrong(f"is {_shown(value)} where the number of an enum was expected, never its name")
    return value


def _double(value: Any) -> float:
    if isinstance(value, str) and value in _DOUBLES:
        return _DOUBLES[value]
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        # Python reads more as a number than JSON does, as 1_000 and inf.
        if isinstance(value, str) and not _DECIMAL_FRACTION.fullmatch(value):
            raise ValueError
        return float(value)
    except (ValueError, OverflowError):
        raise _Wrong(f"is {_shown(value)} where a number was expected") from None


def _bytes(value: Any) -> bytes:
    text = _text(value).translate(_BASE64URL).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise _Wrong("is no base64") from None


def _span_id(value: Any) -> bytes:
    try:
        return binascii.unhexlify(_text(value))
    except ValueError:
        return _NO_HEX


def _other_id(value: Any) -> bytes:
    """The id of a link or a log record: one that is no hex refers to nothing and must not cost the item."""
    found = _span_id(value)
    return b"" if found == _NO_HEX else found


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), "an object")


def _shown(value: Any) -> str:
    return excerpt(json.dumps(value), 60) if isinstance(value, int | float | str) else _kind(value)


_INT32, _UINT32 = _integer(-(2**31), 2**31 - 1), _integer(0, 2**32 - 1)
_INT64, _UINT64 = _integer(-(2**63), 2**63 - 1), _integer(0, 2**64 - 1)
_READERS: dict[int, _Reader | None] = {
    FieldDescriptor.TYPE_MESSAGE: None,
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BOOL: _truth,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_ENUM: _enum,
    FieldDescriptor.TYPE_DOUBLE: _double,
    FieldDescriptor.TYPE_FLOAT: _double,
    **dict.fromkeys((FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32), _INT32),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_FIXED32), _UINT32),
    **dict.fromkeys((FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64, FieldDescriptor.TYPE_SFIXED64), _INT64),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64), _UINT64),
}
