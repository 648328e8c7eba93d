"""What a canary writes in a round, as OTLP's JSON, and by what it is known again."""

import random
import time
from collections.abc import Mapping
from typing import Any, Final

from spanwise_collector.canary.tally import Facts

SPANS: Final = 5
LOGS: Final = 3
_VALUE: Final = "canary.value"


class Content:
    """One trace and its log records; the same for the same draw, but for the times."""

    def __init__(self, draw: random.Random, service: str) -> None:
        self.service = service
        self.trace_id = f"{draw.getrandbits(128) | 1:032x}"
        self.start = time.time_ns()
        self._values = [draw.getrandbits(40) for _ in range(SPANS + LOGS)]
        self._ends = [self.start + number * 1000 + draw.randrange(1, 10**6) for number in range(SPANS)]
        self._ids = [f"{draw.getrandbits(64) | 1:016x}" for _ in range(SPANS)]

    def traces(self) -> dict[str, Any]:
        """The body of the trace."""
        spans = [
            {
                "traceId": self.trace_id,
                "spanId": span_id,
                "parentSpanId": self._parent(number) or "",
                "name": f"canary step {number}",
                "kind": 2 if number == 0 else 1,
                "startTimeUnixNano": str(self.start + number * 1000),
                "endTimeUnixNano": str(self._ends[number]),
                "attributes": [{"key": _VALUE, "value": {"intValue": str(self._values[number])}}],
            }
            for number, span_id in enumerate(self._ids)
        ]
        return {"resourceSpans": [{"resource": self._resource(), "scopeSpans": [{"spans": spans}]}]}

    def logs(self) -> dict[str, Any]:
        """The body of the log records."""
        records = [
            {
                "timeUnixNano": str(self.start + number),
                "traceId": self.trace_id,
                "spanId": self._ids[number],
                "severityNumber": 9 + number,
                "body": {"stringValue": self._line(number)},
                "attributes": [{"key": _VALUE, "value": {"intValue": str(self._values[SPANS + number])}}],
            }
            for number in range(LOGS)
        ]
        return {"resourceLogs": [{"resource": self._resource(), "scopeLogs": [{"logRecords": records}]}]}

    def spans_wanted(self) -> dict[str, Facts]:
        """What `span_facts` must give for each span."""
        return {
            span_id: (
                self._parent(number),
                f"canary step {number}",
                self.start + number * 1000,
                self._ends[number],
                self._values[number],
            )
            for number, span_id in enumerate(self._ids)
        }

    def trace_wanted(self) -> dict[str, Facts]:
        """What `summary_facts` must give for the trace."""
        return {self.trace_id: (SPANS, 0, self.service, "canary step 0", self.start, max(self._ends))}

    def logs_wanted(self) -> dict[str, Facts]:
        """What `log_facts` must give for each record."""
        return {
            str(self.start + number): (
                self._line(number),
                9 + number,
                self.service,
                self.trace_id,
                self._ids[number],
                self._values[SPANS + number],
            )
            for number in range(LOGS)
        }

    def _parent(self, number: int) -> str | None:
        return self._ids[0] if number else None

    def _line(self, number: int) -> str:
        return f"canary {self.trace_id} line {number}"

    def _resource(self) -> dict[str, Any]:
        return {"attributes": [{"key": "service.name", "value": {"stringValue": self.service}}]}


def span_facts(span: Mapping[str, Any]) -> tuple[str, Facts]:
    """The key and the facts of a span as the API shows it."""
    own = ("parent_span_id", "name", "start_time_unix_nano", "end_time_unix_nano")
    return span["span_id"], (*(span[name] for name in own), span["attributes"].get(_VALUE))


def summary_facts(trace: Mapping[str, Any]) -> tuple[str, Facts]:
    """The key and the facts of a trace in a list."""
    own = ("span_count", "error_count", "root_service", "root_name", "start_time_unix_nano", "end_time_unix_nano")
    return trace["trace_id"], tuple(trace[name] for name in own)


def log_facts(record: Mapping[str, Any]) -> tuple[str, Facts]:
    """The key and the facts of a log record."""
    own = ("body", "severity_number", "service", "trace_id", "span_id")
    return str(record["time_unix_nano"]), (*(record[name] for name in own), record["attributes"].get(_VALUE))
