"""The loader: closed segments of the spool into the engine, each once."""

import contextlib
import logging
import queue
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from clickhouse_connect.driver.client import Client

from spanwise_collector.errors import StoreError
from spanwise_collector.store.engine import Engine
from spanwise_collector.store.schema import wire_format

_log = logging.getLogger(__name__)

_TABLES: Final = {
    "traces": ("otlp_traces", "TracesRequest"),
    "logs": ("otlp_logs", "LogsRequest"),
    "metrics": ("otlp_metrics", "MetricsRequest"),
}
_REFUSALS: Final = 4
_CODE: Final = re.compile(r"Code: (\d+)")
_TROUBLE: Final = frozenset(
    # ClickHouse's codes for want of files, time, network, memory or space, for too many parts, and for a stop.
    (74, 75, 76, 159, 164, 202, 209, 210, 236, 241, 242, 243, 252, 279, 319, 394, 425)
)
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

    `release` is called once a segment's rows are fsynced. What the engine refuses goes through `mend` once, to be
    written in a form that every protobuf reader takes, and to `set_aside` with the reason after `_REFUSALS` refusals;
    trouble of the store itself is waited for without end. After a crash a segment may be inserted again: the engine
    knows the token. Two threads insert side by side, since one insert uses one core.
    """

    def __init__(
        self,
        engine: Engine,
        segments: "queue.SimpleQueue[S]",
        release: Callable[[S], None],
        mend: Callable[[S], S],
        set_aside: Callable[[S, str], None],
        threads: int = 2,
    ) -> None:
        self.state = LoaderState()
        self._engine = engine
        self._segments = segments
        self._release = release
        self._mend = mend
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
                    self._see_through(client, self._segments.get(timeout=_POLL))
        finally:
            client.close()

    def _see_through(self, client: Client, segment: S) -> None:
        """Load, however often the disk fails under it: a segment is never left, and the thread never ends."""
        pause = _FIRST_PAUSE
        while True:
            try:
                self._load(client, segment)
            except OSError as error:
                self.state.last_error = f"The spool's disk failed: {error}"
                _log.warning("Segment %s is not done with yet: %s", segment.name, error)
            else:
                return
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _load(self, client: Client, segment: S) -> None:
        refusals, pause = 0, _FIRST_PAUSE
        while (reason := self._try(client, segment)) is not None:
            _log.warning("Segment %s is not stored yet: %.300s", segment.name, reason)
            if not self._store_is_to_blame(reason):
                refusals += 1
                if refusals == 1:
                    segment = self._mend(segment)
                if refusals == _REFUSALS:
                    self.state.refused[segment.name] = reason
                    self._set_aside(segment, reason)
                    return
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._release(segment)

    def _try(self, client: Client, segment: S) -> str | None:
        """Insert; says why not."""
        started = time.perf_counter()
        try:
            with segment.path.open("rb") as file:
                client.command(_insert(segment, file.fileno()))
        except Exception as error:
            self.state.last_error = str(error)
            return self.state.last_error
        with self._lock:
            self.state.loaded += 1
            self.state.insert_seconds += time.perf_counter() - started
            self.state.last_error = ""
        return None

    def _store_is_to_blame(self, reason: str) -> bool:
        """Whether another segment would have met the same: then waiting is right, however long it takes."""
        code = _CODE.search(reason)
        if code is not None and int(code[1]) in _TROUBLE:
            return True
        try:
            self._engine.check()
        except StoreError:
            return True
        return False


def _insert(segment: Segment, file: int) -> str:
    # By its descriptor: the engine takes braces in a path for a pattern, and inserts nothing where none matches.
    table, message = _TABLES[segment.signal]
    return (
        f"INSERT INTO {table} FROM INFILE '/dev/fd/{file:d}'"
        f" SETTINGS format_schema_message_name = {_quoted(message)},"
        f" insert_deduplication_token = {_quoted(segment.name)}"
        " FORMAT Protobuf"
    )


def _insert_settings() -> dict[str, object]:
    return {
        # As a file: given as text, the engine would write it to the working directory, which may not be ours.
        "format_schema": str(wire_format()),
        "input_format_protobuf_oneof_presence": 1,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
        "max_threads": 1,
        "max_insert_threads": 1,
    }


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
