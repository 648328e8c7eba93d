"""`spanwise traces`, `trace`, `logs` and `errors`: what a running collector holds, in the terminal."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from spanwise_collector.cli.remote import USAGE, Failure, Parser, add_options, answer_of, asked, read_text
from spanwise_collector.cli.terminal import coloured, duration, moment, plain, styled, write
from spanwise_collector.errors import BadData
from spanwise_collector.model.log import severity_name
from spanwise_collector.model.severity import SEVERITY_OF_ERRORS

OK, NOTHING = 0, 1
_EXIT_CODES: Final = "Exit codes: 0 something was found, 1 nothing, 2 wrong usage, 3 the collector cannot be asked."
_NOT_FOUND: Final = 404


def traces(argv: list[str]) -> int:
    """List traces, the newest first."""
    parser = parser_of("traces", "List traces, the newest first.")
    _add_search(parser)
    parser.add_argument("--sort", choices=("newest", "slowest"), default="newest")
    return run(parser, argv, _list_traces)


def trace(argv: list[str]) -> int:
    """Show one trace as a waterfall."""
    parser = parser_of("trace", "Show one trace as a waterfall, with its log records.")
    parser.add_argument("trace_id", metavar="ID|FILE", help="32 or 16 hex digits; or a file, without a collector")
    parser.add_argument("--id", help="which trace of a file of several")
    return run(parser, argv, _show_trace)


def logs(argv: list[str]) -> int:
    """List log records, the newest last."""
    parser = parser_of("logs", "List the newest log records, the newest last.")
    _add_search(parser)
    return run(parser, argv, _list_logs)


def errors(argv: list[str]) -> int:
    """List groups of errors."""
    parser = parser_of("errors", "List groups of errors, each with where in the code it comes from.")
    _add_search(parser, start="now-24h")
    parser.add_argument("--service", help="only of this service")
    parser.add_argument("--state", choices=("open", "muted", "resolved"))
    parser.add_argument("--new", action="store_const", const="true", help="only those first seen within a day")
    parser.add_argument("--regressed", action="store_const", const="true", help="only those that have come again")
    parser.add_argument("--sort", choices=("count", "last_seen", "first_seen"), default="count")
    return run(parser, argv, _list_errors)


def parser_of(name: str, description: str) -> argparse.ArgumentParser:
    """What the commands share that list what a collector holds."""
    parser = Parser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print what the collector answers, as JSON")
    return parser


def _add_search(parser: argparse.ArgumentParser, start: str = "now-1h") -> None:
    parser.add_argument("query", nargs="?", metavar="QUERY", help="in the search language: docs/query-language.md")
    parser.add_argument("--start", default=start, help=f"RFC 3339, or such as now-15m [{start}]")
    parser.add_argument("--end", help="the same; now where it is left out")
    parser.add_argument("--limit", type=int, default=50, help="at most so many [50]")


def run(parser: argparse.ArgumentParser, argv: list[str], command: Callable[[argparse.Namespace], int]) -> int:
    """Do what the command line says, and say what to exit with."""
    given = parser.parse_args(argv)
    try:
        return command(given)
    except Failure as failure:
        sys.stderr.write(f"{parser.prog}: {failure}\n")
        return NOTHING if failure.status == _NOT_FOUND else failure.code
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever read has had enough; what is still in the buffer has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _list_traces(given: argparse.Namespace) -> int:
    answer = asked(given, "/api/v1/traces", sort=given.sort, **_search(given))
    if given.json:
        write(json.dumps(answer, indent=2))
    for each in () if given.json else answer["traces"]:
        errors = styled("31", f"{each['error_count']} err") if each["error_count"] else ""
        root = f"{each['root_service'] or '?'} {each['root_name'] or '(no root yet)'}"
        write(
            f"{moment(each['start_time_unix_nano'])}  {each['trace_id']}  {duration(each['duration']):>9}"
            f"  {each['span_count']:>6,}  {coloured(each['root_service'] or '', plain(root))}  {errors}".rstrip()
        )
    return _found(given, answer, "traces")


def _show_trace(given: argparse.Namespace) -> int:
    if Path(given.trace_id).is_file():
        return _show_file(given)
    path = f"/api/v1/traces/{quote(given.trace_id, safe='')}"
    if given.json:
        write(json.dumps(asked(given, path), indent=2))
        return OK
    drawn = answer_of(given, f"{path}.txt", {"width": str(_width())})
    write(read_text(given, drawn).rstrip("\n"))
    return OK


def _width() -> int:
    try:
        width = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        width = 100
    return min(max(width, 40), 400)


def _show_file(given: argparse.Namespace) -> int:
    # What reads files loads what the other commands have no use for.
    from spanwise_collector.cli import trace_file

    try:
        found = trace_file.traces_of(Path(given.trace_id))
    except (BadData, OSError) as error:
        raise Failure(f"{given.trace_id}: {error}", code=USAGE) from error
    wanted = given.id or (next(iter(found)) if len(found) == 1 else None)
    if wanted not in found:
        for line in trace_file.listed(found):
            write(plain(line))
        if found and wanted is None:
            sys.stderr.write(styled("2", "Name one of these traces with --id.\n"))
            return OK
        raise Failure(f"{given.trace_id} has no such trace.", code=NOTHING)
    for line in trace_file.waterfall(wanted, found[wanted], _width()):
        write(line)
    return OK


def _list_logs(given: argparse.Namespace) -> int:
    answer = asked(given, "/api/v1/logs", **_search(given))
    if given.json:
        write(json.dumps(answer, indent=2))
    else:
        for each in reversed(answer["logs"]):
            write(log_line(each))
    return _found(given, answer, "logs")


def _list_errors(given: argparse.Namespace) -> int:
    only = {name: getattr(given, name) for name in ("service", "state", "new", "regressed", "sort")}
    answer = asked(given, "/api/v1/errors", **only, **_search(given))
    if given.json:
        write(json.dumps(answer, indent=2))
    for each in () if given.json else answer["errors"]:
        services = [coloured(found["name"], plain(found["name"])) for found in each["services"]]
        said = ": ".join(plain(text) for text in (each["type"], each["message"]) if text) or "(says nothing)"
        top = each["top"]
        line = f":{top['line']}" if top and top["line"] else ""
        where = plain(f"{top['function']} {top['file']}{line}") if top else ""
        state = "again" if each["regressed"] else each["state"]
        write(
            f"{each['fingerprint']}  {each['count']:>7,}  {moment(each['last_seen_unix_nano'])}  {state:<8}"
            f"  {', '.join(services)}  {styled('31', said)}  {styled('2', where)}".rstrip()
        )
    return _found(given, answer, "errors")


def log_line(record: Mapping[str, Any]) -> str:
    # A record without a body is an event.
    body = record["event_name"] if record["body"] is None else record["body"]
    text = plain(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    number = record["severity_number"]
    level = plain(record["severity_text"]) or (severity_name(number).lower() if number else "-")
    if number >= SEVERITY_OF_ERRORS:
        level = styled("31", level)
    service = coloured(record["service"], plain(record["service"]))
    return f"{moment(record['time_unix_nano'])} {service} {level} {text}"


def _search(given: argparse.Namespace) -> dict[str, str | None]:
    return {"q": given.query, "start": given.start, "end": given.end, "limit": str(given.limit)}


def _found(given: argparse.Namespace, answer: Mapping[str, Any], what: str) -> int:
    for hint in () if given.json else answer.get("hints", ()):
        sys.stderr.write(styled("33", plain(hint["message"])) + "\n")
    if answer["returned"] and answer["next_cursor"] and not given.json:
        sys.stderr.write(styled("2", "There are more: --limit, or a narrower query.\n"))
    elif not answer["returned"] and not given.json:
        sys.stderr.write(f"No {what} are as asked for.\n")
    return OK if answer["returned"] else NOTHING
