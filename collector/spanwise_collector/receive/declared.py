"""Protobuf messages of other projects, declared by their fields, because no package ships them.

The declarations are compiled when they are first used, into the same C parser that reads OTLP.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from spanwise_collector.errors import BodyTooLarge

# What gRPC takes by default. As messages and what they are translated into, bodies take up to 170 times their bytes.
_MOST_BYTES = 4 * 2**20

_SCALARS = {
    "bytes": Field.TYPE_BYTES,
    "string": Field.TYPE_STRING,
    "bool": Field.TYPE_BOOL,
    "int32": Field.TYPE_INT32,
    "int64": Field.TYPE_INT64,
    "uint32": Field.TYPE_UINT32,
    "uint64": Field.TYPE_UINT64,
    "fixed64": Field.TYPE_FIXED64,
    "double": Field.TYPE_DOUBLE,
}

# Message → its fields in the order of their numbers: "name type", "name *type" where repeated, "" where unused.
# An enum is an int32 on the wire, a map a repeated message of key and value, and both are declared as such.
_ZIPKIN = {
    "ListOfSpans": ["spans *Span"],
    "Span": [
        "trace_id bytes", "parent_id bytes", "id bytes", "kind int32", "name string", "timestamp fixed64",
        "duration uint64", "local_endpoint Endpoint", "remote_endpoint Endpoint", "annotations *Annotation",
        "tags *Tag", "debug bool", "shared bool",
    ],
    "Endpoint": ["service_name string", "ipv4 bytes", "ipv6 bytes", "port int32"],
    "Annotation": ["timestamp fixed64", "value string"],
    "Tag": ["key string", "value string"],
}  # fmt: skip

_JAEGER = {
    "PostSpansRequest": ["batch Batch"],
    "Batch": ["spans *Span", "process Process"],
    "Span": [
        "trace_id bytes", "span_id bytes", "operation_name string", "references *SpanRef", "flags uint32",
        "start_time Time", "duration Time", "tags *KeyValue", "logs *Log", "process Process",
        "process_id string", "warnings *string",
    ],
    "SpanRef": ["trace_id bytes", "span_id bytes", "ref_type int32"],
    "KeyValue": [
        "key string", "v_type int32", "v_str string", "v_bool bool", "v_int64 int64", "v_float64 double",
        "v_binary bytes",
    ],
    "Log": ["timestamp Time", "fields *KeyValue"],
    "Process": ["service_name string", "tags *KeyValue"],
    "Time": ["seconds int64", "nanos int32"],
}  # fmt: skip

# Loki's entries have a field 4 besides, which is not for senders.
_LOKI = {
    "PushRequest": ["streams *Stream"],
    "Stream": ["labels string", "entries *Entry"],
    "Entry": ["timestamp Time", "line string", "metadata *Pair"],
    "Pair": ["name string", "value string"],
    "Time": ["seconds int64", "nanos int32"],
}


def bounded(body: bytes) -> bytes:
    """The body of one of these messages. Raises BodyTooLarge for more than can be translated."""
    if len(body) > _MOST_BYTES:
        raise BodyTooLarge(f"The body has {len(body)} bytes; in this format at most {_MOST_BYTES} are read.")
    return body


@cache
def zipkin_spans() -> Any:
    """The class of Zipkin's `ListOfSpans`."""
    return _compile("zipkin", _ZIPKIN, "ListOfSpans")


@cache
def jaeger_request() -> Any:
    """The class of Jaeger's `PostSpansRequest`."""
    return _compile("jaeger", _JAEGER, "PostSpansRequest")


@cache
def loki_push() -> Any:
    """The class of Loki's `PushRequest`."""
    return _compile("loki", _LOKI, "PushRequest")


def _compile(package: str, declared: Mapping[str, list[str]], wanted: str) -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message, fields in declared.items():
        made = file.message_type.add(name=message)
        for number, text in enumerate(fields, 1):
            name, _, kind = text.partition(" ")
            field = made.field.add(name=name, number=number)
            field.label = Field.LABEL_REPEATED if kind.startswith("*") else Field.LABEL_OPTIONAL
            kind = kind.removeprefix("*")
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
            else:
                field.type, field.type_name = Field.TYPE_MESSAGE, f".{package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{wanted}"))
