"""The exporter: a thread that starts with the first item of each process and never holds the process up."""

from __future__ import annotations

# Everything that the export thread needs is imported here, by the thread that sets the tracer up: a fork in the
# middle of an import by another thread would leave the child with a lock that nobody holds any more.
import encodings.idna  # noqa: F401
import os
import threading
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value
from opentelemetry.sdk.trace import ReadableSpan

from spanwise.export.buffer import Buffer
from spanwise.export.channel import Channel
from spanwise.export.logs import encode as encode_records
from spanwise.export.outgoing import OutgoingRecord, OutgoingSpan, outgoing_record, outgoing_span
from spanwise.export.post import post_office
from spanwise.export.records import Record, span_size
from spanwise.export.spans import encode as encode_spans
from spanwise.guard import logger, swallowed
from spanwise.settings import Settings

COMPLAINT_INTERVAL = 60.0
_WAKE, _STOP = "wake", "stop"
Channels = tuple[Channel[ReadableSpan, OutgoingSpan], Channel[Record, OutgoingRecord]]


class Exporter:
    """Queues spans and log records, and posts them from one daemon thread.

    Safe from any thread, from signal handlers and after a fork at any depth: a child starts with an
    empty queue and a thread of its own; what the parent had queued is sent by the parent.
    """

    def __init__(
        self, settings: Settings, resource: Mapping[str, object], process: Callable[[], Mapping[str, object]]
    ) -> None:
        """`resource` describes the service, `process` what differs between this process and its forks."""
        self._settings = settings
        self.resource = resource
        self._process = process
        self._complained = 0.0
        self._senders = post_office(settings)
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        settings = self._settings
        self._pid = os.getpid()
        self._reported: dict[str, int] = {}
        self._reported_at = 0.0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = False
        self._waited = 0.0
        self._inbox: SimpleQueue[object] = SimpleQueue()
        self.spans: Buffer[ReadableSpan] = Buffer(settings.max_queue, settings.max_queue_bytes)
        self.logs: Buffer[Record] = Buffer(settings.max_queue, settings.max_queue_bytes)
        self._channels: Channels | None = None

    def put_span(self, span: ReadableSpan) -> None:
        """Queue an ended span; never blocks."""
        self._ready()
        self._notify(self.spans.put(span, span_size(span)))

    def put_record(self, record: Record) -> None:
        """Queue a log record; never blocks."""
        self._ready()
        self._notify(self.logs.put(record, record.size()))

    def _notify(self, queued: int) -> None:
        if queued and queued % self._settings.max_batch == 0:
            self._inbox.put(_WAKE)

    def _ready(self) -> None:
        # A fork by C code runs no hooks: the process id is the only witness.
        if self._pid != os.getpid():
            self._reset()
        if self._thread is None and not self._stopped and self._starting.acquire(blocking=False):
            try:
                self._start()
            finally:
                self._starting.release()

    def _start(self) -> None:
        if self._thread is not None:
            return
        thread = threading.Thread(target=self._run, name="spanwise-export", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is shutting down and starts no threads: `shutdown` exports in its own thread.
            return
        self._thread = thread

    def flush(self, timeout: float) -> bool:
        """Send what is queued; True when everything was taken by the collector within the timeout."""
        if self._pid != os.getpid() or (self._thread is None and not self.pending):
            return True
        if self._thread is None or not self._thread.is_alive():
            return self._drain(time.monotonic() + timeout, last=False)
        done: SimpleQueue[bool] = SimpleQueue()
        self._inbox.put((done, time.monotonic() + timeout))
        try:
            return done.get(timeout=timeout)
        except Empty:
            return False

    def leave(self) -> bool:
        """`flush` where the process may be about to end: once for every way in which a server announces that.

        All such waits of a process, the one of `shutdown` included, take `exit_timeout` together: what was
        waited in vain is not waited again, until the collector has taken everything.
        """
        started = time.monotonic()
        done = self.flush(self._patience)
        if not done:
            self._waited += time.monotonic() - started
        return done

    @property
    def _patience(self) -> float:
        return max(0.0, self._settings.exit_timeout - self._waited)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send what is queued as far as the timeout allows, and stop; what remains is counted as dropped."""
        if self._stopped or self._pid != os.getpid():
            return
        self._stopped = True
        deadline = time.monotonic() + (self._patience if timeout is None else timeout)
        thread = self._thread
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            self._inbox.put((_STOP, deadline))
            thread.join(max(0.0, deadline - time.monotonic()))
        elif self.pending:
            self._drain(deadline, last=True)

    @property
    def pending(self) -> int:
        """Items not yet delivered."""
        if self._channels is not None:
            return sum(channel.pending for channel in self._channels)
        return len(self.spans) + len(self.logs)

    def counters(self) -> dict[str, dict[str, int]]:
        """What became of every span and log record of this process."""
        return {"spans": self.spans.counters.as_dict(), "logs": self.logs.counters.as_dict()}

    def _open_channels(self) -> Channels:
        if self._channels is None:
            settings = self._settings
            self._channels = (
                Channel(
                    self.spans,
                    outgoing_span,
                    lambda batch: encode_spans(batch, self._process()),
                    self._senders[0](),
                    settings.before_send,
                ),
                Channel(
                    self.logs,
                    outgoing_record,
                    lambda batch: encode_records(batch, {**self.resource, **self._process()}),
                    self._senders[1](),
                    settings.before_send,
                ),
            )
        return self._channels

    def _run(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        inbox = self._inbox
        while True:
            try:
                message = inbox.get(timeout=self._settings.interval)
            except Empty:
                message = _WAKE
            try:
                if self._handle(message):
                    return
            except Exception:
                swallowed("exporting")

    def _handle(self, message: object) -> bool:
        if not isinstance(message, tuple):
            self._drain(None, last=False)
            return False
        kind, deadline = message
        if kind == _STOP:
            self._drain(deadline, last=True)
            return True
        assert isinstance(kind, SimpleQueue), "flush sends the queue to answer on"
        kind.put(self._drain(deadline, last=False))
        return False

    def _drain(self, deadline: float | None, *, last: bool) -> bool:
        """Post batches until the queues are empty, a post fails or the deadline is over."""
        channels = self._open_channels()
        for channel in channels:
            while not (last and deadline is not None and time.monotonic() >= deadline):
                limit = deadline or time.monotonic() + self._settings.timeout
                if not channel.step(self._settings.max_batch, limit, last=last):
                    break
            if last:
                channel.give_up("exit")
                channel.sender.close()
            self._complain(channel.trouble, channel.sender.endpoint)
            if channel is channels[0]:
                self._report_drops(force=last)
        if self.pending:
            return False
        self._waited = 0.0
        return True

    def _report_drops(self, *, force: bool) -> None:
        """Tell the collector what never reached it: a log record with the counts, once a minute at most."""
        dropped = {
            f"spanwise.dropped.{signal}.{reason}": count
            for signal, buffer in (("spans", self.spans), ("logs", self.logs))
            for reason, count in buffer.counters.dropped.items()
            if count and reason != "before_send"
        }
        now = time.monotonic()
        due = force or not self._reported or now - self._reported_at >= COMPLAINT_INTERVAL
        if dropped == self._reported or not due:
            return
        self._reported, self._reported_at = dropped, now
        body = f"{sum(dropped.values())} spans and log records were dropped before they could be sent"
        record = Record(time.time_ns(), 13, "WARN", body, "spanwise", dropped, 0, 0, 0)
        self.logs.put(record, record.size())

    def _complain(self, trouble: str, endpoint: str) -> None:
        now = time.monotonic()
        if not trouble or (self._complained and now - self._complained < COMPLAINT_INTERVAL):
            return
        self._complained = now
        logger.warning(
            "spanwise: cannot export to %s (%s); the application is not affected. "
            "Is the collector running? Start one with `spanwise up`, or set SPANWISE_ENDPOINT.",
            endpoint,
            trouble,
        )
