"""`spanwise traces`, `trace`, `logs`, `errors` and `tail`: what a running collector holds and gets, in the terminal."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from spanwise_collector.errors import BadData
from spanwise_collector.remote import add_key, key_headers, said
from spanwise_collector.terminal import coloured, duration, moment, plain, styled, write

OK, NOTHING, USAGE, UNREACHABLE = 0, 1, 2, 3
_DEFAULT_URL: Final = "http://127.0.0.1:4318"
_SECONDS: Final = 60
_EXIT_CODES: Final = "Exit codes: 0 something was found, 1 nothing, 2 wrong usage, 3 the collector cannot be asked."
_ERROR: Final = 17


class Unanswered(Exception):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


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


def tail(argv: list[str]) -> int:
    """Print spans and log records as they arrive."""
    parser = parser_of("tail", "Print spans and log records as they arrive, until Ctrl-C.")
    parser.add_argument("query", nargs="?", metavar="QUERY", help="in the search language: docs/query-language.md")
    parser.add_argument("--of", choices=("spans", "logs", "both"), default="both")
    parser.add_argument("--since", help="begin earlier: RFC 3339, or such as now-5m")
    return run(parser, argv, _follow)


def parser_of(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    parser.add_argument("--url", help="address of the collector (SPANWISE_ENDPOINT), " + _DEFAULT_URL)
    parser.add_argument("--json", action="store_true", help="print what the collector answers, as JSON")
    add_key(parser)
    return parser


def _add_search(parser: argparse.ArgumentParser, start: str = "now-1h") -> None:
    parser.add_argument("query", nargs="?", metavar="QUERY", help="in the search language: docs/query-language.md")
    parser.add_argument("--start", default=start, help=f"RFC 3339, or such as now-15m [{start}]")
    parser.add_argument("--end", help="the same; now where it is left out")
    parser.add_argument("--limit", type=int, default=50, help="at most so many [50]")


def run(parser: argparse.ArgumentParser, argv: list[str], command: Any) -> int:
    given = parser.parse_args(argv)
    try:
        code: int = command(given)
    except Unanswered as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return error.code
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever read has had enough; what is still in the buffer has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


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
    with _open(given, f"{path}.txt", width=str(_width())) as answer:
        write(answer.read().decode().rstrip("\n"))
    return OK


def _width() -> int:
    try:
        width = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        width = 100
    return min(max(width, 40), 400)


def _show_file(given: argparse.Namespace) -> int:
    # What reads files loads what the other commands have no use for.
    from spanwise_collector import filed

    try:
        found = filed.traces_of(Path(given.trace_id))
    except (BadData, OSError) as error:
        raise Unanswered(f"{given.trace_id}: {error}", USAGE) from error
    wanted = given.id or (next(iter(found)) if len(found) == 1 else None)
    if wanted not in found:
        for line in filed.listed(found):
            write(plain(line))
        if found and wanted is None:
            sys.stderr.write(styled("2", "Name one of these traces with --id.\n"))
            return OK
        raise Unanswered(f"{given.trace_id} has no such trace.", NOTHING)
    for line in filed.waterfall(wanted, found[wanted], _width()):
        write(line)
    return OK


def _list_logs(given: argparse.Namespace) -> int:
    answer = asked(given, "/api/v1/logs", **_search(given))
    if given.json:
        write(json.dumps(answer, indent=2))
    else:
        for each in reversed(answer["logs"]):
            write(_log_line(each))
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


def _follow(given: argparse.Namespace) -> int:
    place: dict[str, str] = {}
    wanted = {"q": given.query, "of": given.of, "since": given.since}
    first = True
    while True:
        try:
            with _open(given, "/api/v1/tail", place, **wanted) as stream:
                first = False
                for kind, data, event_id in _events(stream):
                    if event_id:
                        place["Last-Event-ID"] = event_id
                    _show_event(given, kind, data)
        except Unanswered as error:
            if first or error.code != UNREACHABLE:
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
        sys.stderr.write(
            styled("33", f"spanwise tail: what was missed is not read: {plain(json.loads(data)['message'])}\n")
        )
    elif kind in ("span", "log"):
        write(data if given.json else (_span_line if kind == "span" else _log_line)(json.loads(data)))
        sys.stdout.flush()


def _span_line(span: Mapping[str, Any]) -> str:
    failed = span["status"]["code"] == "error"
    text = f"{plain(span['name'])}  {duration(span['duration'])}"
    if failed:
        text = styled("31", f"{text}  error {plain(span['status']['message'])}".rstrip())
    service = coloured(span["service"], plain(span["service"]))
    return f"{moment(span['start_time_unix_nano'])} {service} {text} {styled('2', span['trace_id'])}"


def _log_line(record: Mapping[str, Any]) -> str:
    body = record["body"]
    text = plain(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    level = plain(record["severity_text"]) or "-"
    if record["severity_number"] >= _ERROR:
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


def asked(given: argparse.Namespace, path: str, **query: str | None) -> Any:
    with _open(given, path, None, **query) as answer:
        return json.load(answer)


def _open(given: argparse.Namespace, path: str, headers: Mapping[str, str] | None = None, **query: str | None) -> Any:
    url = given.url or os.environ.get("SPANWISE_ENDPOINT") or _DEFAULT_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Unanswered(f"{url} is not an address: give --url http://host:port.", USAGE)
    words = urlencode({key: value for key, value in query.items() if value is not None})
    address = f"{url.rstrip('/')}{path}{'?' if words else ''}{words}"
    try:
        asked = Request(address, headers={**key_headers(given.key), **(headers or {})})  # noqa: S310 - checked above
        return urlopen(asked, timeout=_SECONDS)  # noqa: S310
    except HTTPError as error:
        with error:
            code = NOTHING if error.code == 404 else USAGE if error.code < 500 else UNREACHABLE
            raise Unanswered(said(error), code) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise Unanswered(
            f"the collector at {parts.scheme}://{parts.netloc} cannot be asked: {getattr(error, 'reason', error)}."
            " Start one with: spanwise up",
            UNREACHABLE,
        ) from error
