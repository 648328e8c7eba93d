"""Attribute values as JSON: what JSON cannot say is said in words."""

import base64
import math
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from spanwise_collector.model.value import Attributes, Value


def to_json(value: Value) -> JsonValue:
    """Bytes become {"base64": "…"}; NaN and the infinities become the strings of OTLP/JSON."""
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NON_FINITE[str(value)]
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return attributes_to_json(value)
    if isinstance(value, Sequence):
        return [to_json(each) for each in value]
    raise TypeError(f"not an attribute value: {type(value)}")


def attributes_to_json(attributes: Attributes) -> dict[str, JsonValue]:
    """Attributes by key, in the order they were sent."""
    return {key: to_json(value) for key, value in attributes.items()}


_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
