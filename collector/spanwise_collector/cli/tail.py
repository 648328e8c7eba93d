"""`spanwise tail`: what arrives at a running collector, in the terminal."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import IO, Any

from spanwise_collector.cli.remote import UNREACHABLE, Failure, answer_of
from spanwise_collector.cli.search import log_line, parser_of, run
from spanwise_collector.cli.terminal import coloured, duration, moment, plain, styled, write


def tail(argv: list[str]) -> int:
    """Print spans and log records as they arrive."""
    parser = parser_of("tail", "Print spans and log records as they arrive, until Ctrl-C.")
    parser.add_argument("query", nargs="?", metavar="QUERY", help="in the search language: docs/query-language.md")
    parser.add_argument("--of", choices=("spans", "logs", "both"), default="both")
    parser.add_argument("--since", help="begin earlier: RFC 3339, or such as now-5m")
    return run(parser, argv, _follow)


def _follow(given: argparse.Namespace) -> int:
    place: dict[str, str] = {}
    wanted = {"q": given.query, "of": given.of, "since": given.since}
    first = True
    while True:
        try:
            with answer_of(given, "/api/v1/tail", wanted, headers=place) as stream:
                first = False
                for kind, data, event_id in _events(stream):
                    if event_id:
                        place["Last-Event-ID"] = event_id
                    _show_event(given, kind, data)
        except Failure as failure:
            if first or failure.code != UNREACHABLE:
                raise
        except (OSError, HTTPException):
            sys.stderr.write(styled("2", "spanwise tail: interrupted, going on from there\n"))
        time.sleep(1)


def _events(stream: IO[bytes]) -> Iterator[tuple[str, str, str]]:
    """Server-sent events: kind, data and id (HTML standard, section 9.2)."""
    fields: dict[str, str] = {}
    for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "event" in fields:
            yield fields["event"], fields.get("data", ""), fields.get("id", "")
        fields = {}


def _show_event(given: argparse.Namespace, kind: str, data: str) -> None:
    if kind == "dropped":
        sys.stderr.write(styled("33", f"spanwise tail: {json.loads(data)['count']:,} are left out; narrow the query\n"))
    elif kind == "failed":
        sys.stderr.write(styled("33", f"spanwise tail: {failure(json.loads(data))}\n"))
    elif kind in ("span", "log"):
        item = json.loads(data)
        # In ASCII: its texts may have what steers a terminal.
        write(json.dumps(item) if given.json else (_span_line if kind == "span" else log_line)(item))
        sys.stdout.flush()


def failure(failed: Mapping[str, Any]) -> str:
    """What the tail says that it could not read, and whether it is asked for again."""
    what = "what was missed" if failed.get("missed") else "what comes"
    end = "is left out" if failed["code"] == "query_limit" else "cannot be read now, and is asked for again"
    return f"{what} {end}: {plain(failed['message'])}"


def _span_line(span: Mapping[str, Any]) -> str:
    failed = span["status"]["failed"]
    text = f"{plain(span['name'])}  {duration(span['duration'])}"
    if failed:
        text = styled("31", f"{text}  error {plain(span['status']['message'])}".rstrip())
    service = coloured(span["service"], plain(span["service"]))
    return f"{moment(span['start_time_unix_nano'])} {service} {text} {styled('2', span['trace_id'])}"
