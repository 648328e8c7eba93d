"""`spanwise canary`: writes seeded traces and logs to a collector, and reads them back by id, search and rollup."""

import argparse
import json
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

_OK, _FOUND, _USAGE, _UNREACHABLE = 0, 1, 2, 3
_SPANS: Final = 5
_LOGS: Final = 3


@dataclass(slots=True)
class Tally:
    """What was written and how it was found again; everything but `written` and `latest_seconds` should stay 0."""

    written: int = 0
    missing: int = 0
    duplicate: int = 0
    different: int = 0
    late: int = 0
    latest_seconds: float = 0.0
    sentences: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.duplicate or self.different or self.late)


def main(argv: list[str]) -> int:
    """Exit code 0 when everything was found as written, 1 when not, 2 for wrong usage, 3 when nobody answers."""
    parser = argparse.ArgumentParser(prog="spanwise canary", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:4318", help="the collector's address [%(default)s]")
    parser.add_argument("--rounds", type=int, default=0, help="rounds to make; 0 goes on until Ctrl-C [%(default)s]")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds [%(default)s]")
    parser.add_argument("--patience", type=float, default=2.0, help="seconds in which it must be found [%(default)s]")
    parser.add_argument("--seed", type=int, default=None, help="for the same content again; printed")
    parser.add_argument("--json", action="store_true", help="one JSON object a round")
    chosen = parser.parse_args(argv)
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % (1 << 32)
    canary = Canary(chosen.url.rstrip("/"), random.Random(seed), chosen.patience)  # noqa: S311 - content, no secret
    tally = Tally()
    try:
        for number in _rounds(chosen.rounds, chosen.interval):
            canary.round(tally)
            _print(number, seed, tally, as_json=chosen.json)
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        print(f"spanwise canary: {chosen.url} does not answer as a collector does: {error}", file=sys.stderr)
        return _UNREACHABLE
    except KeyboardInterrupt:
        pass
    return _OK if tally.clean else _FOUND


def _rounds(count: int, interval: float) -> Iterator[int]:
    number = 1
    while count == 0 or number <= count:
        yield number
        if number != count:
            time.sleep(interval)
        number += 1


def _print(number: int, seed: int, tally: Tally, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"round": number, "seed": seed, **asdict(tally)}), flush=True)
        return
    print(
        f"round {number} (seed {seed}): {tally.written} written, {tally.missing} missing, {tally.duplicate} duplicate,"
        f" {tally.different} different, {tally.late} late; slowest found after {tally.latest_seconds:.2f} s",
        flush=True,
    )
    for sentence in tally.sentences:
        print(f"  {sentence}", flush=True)
    tally.sentences.clear()


class Canary:
    """Writes one trace with its logs a round, and looks for them."""

    def __init__(self, url: str, draw: random.Random, patience: float) -> None:
        self._url = url
        self._draw = draw
        self._patience = patience
        self._service = f"canary-{draw.getrandbits(32):08x}"
        self._spans_written = 0

    def round(self, tally: Tally) -> None:
        """One trace and its logs: written, read back by id, by search and by rollup, and compared."""
        trace_id = f"{self._draw.getrandbits(128) | 1:032x}"
        spans = self._spans(trace_id)
        lines = [f"canary {trace_id} line {number}" for number in range(_LOGS)]
        self._send("traces", {"resourceSpans": [{"resource": self._resource(), "scopeSpans": [{"spans": spans}]}]})
        acknowledged = time.monotonic()
        self._send("logs", {"resourceLogs": [{"resource": self._resource(), "scopeLogs": [_records(trace_id, lines)]}]})
        self._spans_written += len(spans)
        tally.written += len(spans) + len(lines)
        self._check_trace(trace_id, spans, acknowledged, tally)
        self._check_logs(trace_id, lines, tally)
        self._check_search(trace_id, tally)
        self._check_rollup(tally)

    def _spans(self, trace_id: str) -> list[dict[str, Any]]:
        start = time.time_ns()
        ids = [f"{self._draw.getrandbits(64) | 1:016x}" for _ in range(_SPANS)]
        return [
            {
                "traceId": trace_id,
                "spanId": each,
                "parentSpanId": ids[0] if number else "",
                "name": f"canary step {number}",
                "kind": 2 if number == 0 else 1,
                "startTimeUnixNano": str(start + number * 1000),
                "endTimeUnixNano": str(start + number * 1000 + self._draw.randrange(1, 10**6)),
                "attributes": [{"key": "canary.value", "value": {"intValue": str(self._draw.getrandbits(40))}}],
            }
            for number, each in enumerate(ids)
        ]

    def _resource(self) -> dict[str, Any]:
        return {"attributes": [{"key": "service.name", "value": {"stringValue": self._service}}]}

    def _check_trace(self, trace_id: str, spans: list[dict[str, Any]], since: float, tally: Tally) -> None:
        wanted = {span["spanId"]: _facts_sent(span) for span in spans}
        found = self._until(lambda: self._trace(trace_id), lambda answer: len(answer) >= len(wanted), since, tally)
        seen: dict[str, tuple[object, ...]] = {}
        for span in found:
            if span["span_id"] in seen:
                tally.duplicate += 1
                tally.sentences.append(f"Span {span['span_id']} of trace {trace_id} is there twice.")
            seen[span["span_id"]] = _facts_found(span)
        for span_id, facts in wanted.items():
            if span_id not in seen:
                tally.missing += 1
                tally.sentences.append(f"Span {span_id} of trace {trace_id} was acknowledged and is missing.")
            elif seen[span_id] != facts:
                tally.different += 1
                tally.sentences.append(f"Span {span_id} of trace {trace_id} came back as {seen[span_id]}, not {facts}.")

    def _check_logs(self, trace_id: str, lines: list[str], tally: Tally) -> None:
        since = time.monotonic()
        found = self._until(
            lambda: self._get("/api/v1/logs", trace_id=trace_id)["logs"],
            lambda logs: len(logs) >= len(lines),
            since,
            tally,
        )
        bodies = [record["body"] for record in found]
        for line in lines:
            tally.missing += line not in bodies
            tally.duplicate += bodies.count(line) > 1

    def _check_search(self, trace_id: str, tally: Tally) -> None:
        found = self._get("/api/v1/traces", service=self._service, limit=5)["traces"]
        if trace_id not in [each["trace_id"] for each in found]:
            tally.missing += 1
            tally.sentences.append(f"Trace {trace_id} is stored and the search for its service does not find it.")

    def _check_rollup(self, tally: Tally) -> None:
        services = {each["name"]: each["span_count"] for each in self._get("/api/v1/services")["services"]}
        counted = services.get(self._service, 0)
        if counted != self._spans_written:
            tally.different += 1
            tally.sentences.append(f"The rollup counts {counted} spans of {self._service}, not {self._spans_written}.")

    def _until(self, ask: Any, enough: Any, since: float, tally: Tally) -> list[dict[str, Any]]:
        """Ask until there is enough; late after the patience, missing after ten times that."""
        while True:
            found: list[dict[str, Any]] = ask()
            waited = time.monotonic() - since
            if enough(found) or waited > 10 * self._patience:
                break
            time.sleep(0.05)
        if enough(found):
            tally.latest_seconds = max(tally.latest_seconds, waited)
            tally.late += waited > self._patience
        return found

    def _trace(self, trace_id: str) -> list[dict[str, Any]]:
        try:
            spans: list[dict[str, Any]] = self._get(f"/api/v1/traces/{trace_id}")["spans"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return []
        return spans

    def _send(self, signal: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self._url}/v1/{signal}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            answer.read()

    def _get(self, path: str, **parameters: object) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._url}{path}?{query}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def _records(trace_id: str, lines: list[str]) -> dict[str, Any]:
    now = time.time_ns()
    return {
        "logRecords": [
            {"timeUnixNano": str(now + number), "traceId": trace_id, "severityNumber": 9, "body": {"stringValue": line}}
            for number, line in enumerate(lines)
        ]
    }


def _facts_sent(span: dict[str, Any]) -> tuple[object, ...]:
    value = int(span["attributes"][0]["value"]["intValue"])
    return (
        span["parentSpanId"] or None,
        span["name"],
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        value,
    )


def _facts_found(span: dict[str, Any]) -> tuple[object, ...]:
    return (
        span["parent_span_id"],
        span["name"],
        span["start_time_unix_nano"],
        span["end_time_unix_nano"],
        span["attributes"].get("canary.value"),
    )
