"""One canary: writes, reads back in every way, and compares."""

import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spanwise_collector.canary.content import LOGS, SPANS, Content, log_facts, span_facts, summary_facts
from spanwise_collector.canary.tally import Facts, Tally

_POLL_SECONDS: Final = 0.05
_REFUSED_SECONDS: Final = 0.5
_MINUTE: Final = 60_000_000_000
_LATER: Final = (429, 503)

Found = list[tuple[str, Facts]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds from the acknowledgement: what is found after `late` is late, what is not after `missing` is missing."""

    late: float
    missing: float


class Canary:
    """Writes one trace with its logs a round to the collector at `url`, and looks for them.

    Raises urllib's errors where the collector does not answer, or refuses for another reason than that it is busy.
    """

    def __init__(self, url: str, draw: random.Random, patience: Patience, headers: Mapping[str, str]) -> None:
        self._url = url
        self._draw = draw
        self._patience = patience
        self._headers = headers
        self._service = f"canary-{draw.getrandbits(32):08x}"
        self._counted = 0

    def round(self, tally: Tally) -> None:
        """One trace and its logs: written, read back by id, by search and by rollup, and compared."""
        tally.sentences.clear()
        content = Content(self._draw, self._service)
        self._send("traces", content.traces(), tally)
        spans_since = time.monotonic()
        self._send("logs", content.logs(), tally)
        logs_since = time.monotonic()
        tally.spans += SPANS
        tally.logs += LOGS
        checks: tuple[tuple[str, str, float, Mapping[str, Facts], Callable[[], Found]], ...] = (
            ("trace_by_id", "Span", spans_since, content.spans_wanted(), lambda: self._trace(content)),
            ("trace_by_search", "Trace", spans_since, content.trace_wanted(), lambda: self._search(content)),
            ("logs_by_trace_id", "Log record", logs_since, content.logs_wanted(), lambda: self._logs_of(content)),
            ("logs_by_search", "Log record", logs_since, content.logs_wanted(), lambda: self._logs_like(content)),
        )
        for name, what, since, wanted, ask in checks:
            found = self._until(name, since, wanted, ask, tally)
            tally.sentences += tally.views[name].compare(f"{name}: {what}", wanted, found)
        self._check_rollup(spans_since, tally)

    def _trace(self, content: Content) -> Found:
        try:
            spans = self._get(f"/api/v1/traces/{content.trace_id}")["spans"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            error.close()
            return []
        return [span_facts(span) for span in spans]

    def _search(self, content: Content) -> Found:
        listed = self._get("/api/v1/traces", service=content.service, start=content.start - _MINUTE, limit=100)
        return [summary_facts(each) for each in listed["traces"] if each["trace_id"] == content.trace_id]

    def _logs_of(self, content: Content) -> Found:
        return [log_facts(each) for each in self._get("/api/v1/logs", trace_id=content.trace_id)["logs"]]

    def _logs_like(self, content: Content) -> Found:
        start = content.start - _MINUTE
        listed = self._get("/api/v1/logs", text=content.trace_id, service=content.service, start=start)
        return [log_facts(each) for each in listed["logs"]]

    def _count(self) -> int:
        services = self._get("/api/v1/services")["services"]
        return sum(each["span_count"] for each in services if each["name"] == self._service)

    def _check_rollup(self, since: float, tally: Tally) -> None:
        """The sums of the service must have grown by what was written; what is wrong is counted in its round only."""
        wanted, counted = self._counted + SPANS, 0

        def ask() -> Found:
            nonlocal counted
            counted = self._count()
            return [(self._service, ())] if counted >= wanted else []

        self._until("spans_by_rollup", since, {self._service: ()}, ask, tally)
        view = tally.views["spans_by_rollup"]
        view.missing += max(0, wanted - counted)
        view.duplicate += max(0, counted - wanted)
        if counted != wanted:
            tally.sentences.append(f"spans_by_rollup: {self._service} has {counted} spans, not {wanted}.")
        self._counted = counted

    def _until(
        self, name: str, since: float, wanted: Mapping[str, Facts], ask: Callable[[], Found], tally: Tally
    ) -> Found:
        """Ask until all is there as it was written, or patience ends; what is there but different is not waited for."""
        view = tally.views[name]
        while True:
            found = ask()
            waited = time.monotonic() - since
            if _holds(found, wanted):
                view.slowest_seconds = max(view.slowest_seconds, waited)
                if waited > self._patience.late:
                    view.late += 1
                    tally.sentences.append(f"{name}: found after {waited:.2f} s.")
                return found
            there = wanted.keys() <= {key for key, _ in found}
            if waited > (self._patience.late if there else self._patience.missing):
                return found
            time.sleep(_POLL_SECONDS)

    def _send(self, signal: str, body: dict[str, Any], tally: Tally) -> None:
        """Until it is acknowledged: a collector that is busy is asked again, as an exporter does."""
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **self._headers}
        give_up = time.monotonic() + self._patience.missing
        while True:
            request = urllib.request.Request(f"{self._url}/v1/{signal}", data, headers)  # noqa: S310 - the operator's own
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    answer.read()
                return
            except urllib.error.HTTPError as error:
                if error.code not in _LATER or time.monotonic() > give_up:
                    raise
                error.close()
            tally.refused += 1
            time.sleep(_REFUSED_SECONDS)

    def _get(self, path: str, **parameters: object) -> Any:
        query = urllib.parse.urlencode(parameters)
        request = urllib.request.Request(f"{self._url}{path}?{query}", headers=dict(self._headers))  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def _holds(found: Sequence[tuple[str, Facts]], wanted: Mapping[str, Facts]) -> bool:
    return wanted.items() <= dict(found).items()
