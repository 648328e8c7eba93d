"""The loader: closed segments of the spool into the engine, each once."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from clickhouse_connect.driver.client import Client

from spanwise_collector.store.engine import Engine
from spanwise_collector.store.schema import wire_format

_log = logging.getLogger(__name__)

_TABLES: Final = {"traces": ("otlp_traces", "TracesRequest"), "logs": ("otlp_logs", "LogsRequest")}
_ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_POLL: Final = 0.2


class Segment(Protocol):
    """What the loader must know of a closed segment: the frames of one signal in one file."""

    @property
    def name(self) -> str: ...
    @property
    def signal(self) -> str: ...
    @property
    def path(self) -> Path: ...


S = TypeVar("S", bound=Segment)


@dataclass(slots=True)
class LoaderState:
    """What the loader has done since it started; `refused` names the segments that were put aside, with the reason."""

    loaded: int = 0
    insert_seconds: float = 0.0
    last_error: str = ""
    refused: dict[str, str] = field(default_factory=dict)


class Loader(Generic[S]):
    """Takes segments from `segments` in order and inserts each under its name as deduplication token.

    `release` is called once a segment's rows are fsynced, `set_aside` with the reason once the engine has refused it
    `_ATTEMPTS` times. After a crash a segment may be inserted again, which the engine recognizes by the token.
    Two threads insert side by side: one insert uses one core.
    """

    def __init__(
        self,
        engine: Engine,
        segments: "queue.SimpleQueue[S]",
        release: Callable[[S], None],
        set_aside: Callable[[S, str], None],
        threads: int = 2,
    ) -> None:
        self.state = LoaderState()
        self._engine = engine
        self._segments = segments
        self._release = release
        self._set_aside = set_aside
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, name=f"spanwise-loader-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finish the inserts that are running and stop; segments still queued stay on disk for the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        client = self._engine.connect(_insert_settings())
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(queue.Empty):
                    self._load(client, self._segments.get(timeout=_POLL))
        finally:
            client.close()

    def _load(self, client: Client, segment: S) -> None:
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            started = time.perf_counter()
            try:
                client.command(_insert(segment))
            except Exception as error:
                reason = str(error)
            else:
                self._release(segment)
                with self._lock:
                    self.state.loaded += 1
                    self.state.insert_seconds += time.perf_counter() - started
                return
            self.state.last_error = reason
            _log.warning(
                "Segment %s was not stored (attempt %d of %d): %.200s",
                segment.name,
                attempt,
                _ATTEMPTS,
                reason,
            )
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
        self.state.refused[segment.name] = reason
        self._set_aside(segment, reason)


def _insert(segment: Segment) -> str:
    table, message = _TABLES[segment.signal]
    return (
        f"INSERT INTO {table} FROM INFILE {_quoted(str(segment.path))}"
        f" SETTINGS format_schema_message_name = {_quoted(message)},"
        f" insert_deduplication_token = {_quoted(segment.name)}"
        " FORMAT Protobuf"
    )


def _insert_settings() -> dict[str, object]:
    return {
        "format_schema_source": "string",
        "format_schema": wire_format(),
        "input_format_protobuf_oneof_presence": 1,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
        "max_threads": 1,
        "max_insert_threads": 1,
    }


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
