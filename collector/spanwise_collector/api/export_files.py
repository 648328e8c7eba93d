"""What is exported, written part by part; the last part says what the file covers."""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final, Literal

from spanwise_collector.api import present, spans
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.export import Signal, items
from spanwise_collector.spool.frame import varint
from spanwise_collector.store import parquet, wire

Format = Literal["otlp", "otlp-json", "ndjson", "parquet"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "otlp": "application/x-protobuf",
    "otlp-json": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
ENDINGS: Final[dict[Format, str]] = {
    "otlp": "otlp",
    "otlp-json": "otlp.jsonl",
    "ndjson": "ndjson",
    "parquet": "parquet",
}


def parts(
    form: Format, signal: Signal, blocks: Iterator[Sequence[Any]], covers: Callable[[], dict[str, Any]]
) -> Generator[bytes, None, None]:
    """The file of some blocks of rows; `covers` is asked for the last part, when all blocks were read."""
    if form == "parquet":
        yield from parquet.written(signal, blocks, covers)
        return
    write, end = _WRITERS[form]
    for block in blocks:
        yield write(signal, items(signal, block))
    yield end(signal, covers())


def _request(signal: Signal, block: Sequence[Any]) -> Any:
    return wire.to_logs_request(block) if signal == "logs" else wire.to_request(block)


def _frame(signal: Signal, block: Sequence[Any]) -> bytes:
    message: bytes = _request(signal, block).SerializeToString()
    return varint(len(message)) + message


def _end_frame(signal: Signal, covers: dict[str, Any]) -> bytes:
    text = json.dumps(covers).encode()
    message = wire.END_TAG + varint(len(text)) + text
    return varint(len(message)) + message


def _line(signal: Signal, block: Sequence[Any]) -> bytes:
    return wire.to_json(_request(signal, block)) + b"\n"


def _end_line(signal: Signal, covers: dict[str, Any]) -> bytes:
    # Whoever reads OTLP's JSON skips what it does not know, and wants one of its own keys.
    return _json_line({"resourceLogs" if signal == "logs" else "resourceSpans": [], wire.END_KEY: covers})


def _lines(_: Signal, block: Sequence[Span | LogRecord]) -> bytes:
    shown = (present.log_record(each) if isinstance(each, LogRecord) else spans.found(each) for each in block)
    return b"".join(each.model_dump_json().encode() + b"\n" for each in shown)


def _last_line(_: Signal, covers: dict[str, Any]) -> bytes:
    return _json_line({wire.END_KEY: covers})


def _json_line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


_Write = Callable[[Signal, Sequence[Any]], bytes]
_WRITERS: Final[dict[str, tuple[_Write, Callable[[Signal, dict[str, Any]], bytes]]]] = {
    "otlp": (_frame, _end_frame),
    "otlp-json": (_line, _end_line),
    "ndjson": (_lines, _last_line),
}
