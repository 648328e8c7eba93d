"""`spanwise export` and `spanwise import`: telemetry out of a running collector into a file, and back."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import SplitResult, urlencode

from spanwise_collector.cli.remote import USAGE, Failure, Parser, add_options, address, key_headers, said, unreached
from spanwise_collector.cli.terminal import plain
from spanwise_collector.errors import excerpt

OK, INCOMPLETE = 0, 1
_SECONDS: Final = 120
_CHUNK: Final = 256 << 10
# The last part of a file fits in it.
_TAIL: Final = 64 << 10
# What it says begins so in every format.
_END: Final = b'{"signal": '
_EXIT_CODES: Final = (
    "Exit codes: 0 all of it, 1 not all of it, 2 wrong usage or refused, 3 the collector cannot be asked."
)
_BAR: Final = 30


def export(argv: list[str]) -> int:
    """Write traces, spans or log records into a file."""
    parser = _parser("export", "Write traces, spans or log records of a running collector into a file.")
    parser.add_argument("query", nargs="?", metavar="QUERY", help="in the search language: docs/query-language.md")
    parser.add_argument("--signal", choices=("traces", "spans", "logs"), default="traces", help="[traces]")
    parser.add_argument(
        "--format", choices=("otlp", "otlp-json", "ndjson", "parquet"), help="[by FILE's ending, else ndjson]"
    )
    parser.add_argument("--start", help="RFC 3339, or such as now-15m; all there is where it is left out")
    parser.add_argument("--end", help="the same")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="where to write; - for standard output [-]")
    return _run(parser, argv, _export)


def import_(argv: list[str]) -> int:
    """Send files to a running collector."""
    parser = _parser(
        "import",
        "Send files to a running collector: OTLP, OTLP's JSON, NDJSON, Jaeger's or Zipkin's JSON, plain or gzip.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
    parser.add_argument(
        "--format",
        choices=("otlp", "otlp-json", "ndjson", "jaeger", "zipkin", "parquet"),
        help="[told from the file's beginning]",
    )
    return _run(parser, argv, _import)


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = Parser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    add_options(parser, "read" if name == "export" else "ingest")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")
    return parser


def _run(parser: argparse.ArgumentParser, argv: list[str], command: Any) -> int:
    given = parser.parse_args(argv)
    try:
        code: int = command(given)
    except Failure as failure:
        sys.stderr.write(f"{parser.prog}: {failure}\n")
        return failure.code
    except BrokenPipeError:
        # Whoever read has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INCOMPLETE
    except KeyboardInterrupt:
        return INCOMPLETE
    return code


def _export(given: argparse.Namespace) -> int:
    to_file = given.output != "-"
    form = given.format or _format_of(given.output)
    if form in ("otlp", "parquet") and not to_file and sys.stdout.isatty():
        raise Failure(f"{form} is binary: give -o FILE, or --format ndjson.", code=USAGE)
    wanted = {"signal": given.signal, "format": form, "q": given.query, "start": given.start, "end": given.end}
    path = "/api/v1/export?" + urlencode({key: value for key, value in wanted.items() if value is not None})
    # A file that is not whole must not stand under its name.
    partial = Path(f"{given.output}.part")
    tail = b""
    with closing(_connection(address(given.url))) as connection:
        answer = _asked(connection, "GET", path, given)
        progress = _Progress(given, "exported", None)
        try:
            with partial.open("wb") if to_file else os.fdopen(os.dup(sys.stdout.fileno()), "wb") as file:
                for chunk in _received(answer):
                    file.write(chunk)
                    tail = (tail + chunk)[-_TAIL:]
                    progress.add(len(chunk))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise Failure(f"{partial if to_file else 'standard output'}: {error.strerror}.", code=INCOMPLETE) from error
        progress.end()
    end = _end_of(tail)
    if to_file:
        partial.replace(given.output)
    _tell_export(given, end, to_file)
    return OK if end["complete"] else INCOMPLETE


def _format_of(name: str) -> str:
    if name.endswith((".otlp", ".pb", ".binpb")):
        return "otlp"
    if name.endswith(".parquet"):
        return "parquet"
    return "otlp-json" if name.endswith((".otlp.json", ".otlp.jsonl")) else "ndjson"


def _end_of(tail: bytes) -> dict[str, Any]:
    """What the file says at its end that it covers."""
    place = tail.rfind(_END)
    try:
        if place < 0:
            raise ValueError
        found: dict[str, Any]
        found, _ = json.JSONDecoder().raw_decode(tail[place:].decode("utf-8", "replace"))
        if not found.keys() >= {"complete", "exported", "message"}:
            raise ValueError
    except (ValueError, RecursionError):
        raise Failure("the connection ended before the file did.", code=INCOMPLETE) from None
    return found


def _tell_export(given: argparse.Namespace, end: dict[str, Any], to_file: bool) -> None:
    to = sys.stdout if to_file else sys.stderr
    what = "log records" if end["signal"] == "logs" else "spans"
    if given.json:
        to.write(json.dumps(end, indent=2) + "\n")
    else:
        rest = "." if end["complete"] else f", and that is not all. {plain(str(end['message']))}"
        to.write(f"Exported {end['exported']:,} {what}{f' to {given.output}' if to_file else ''}{rest}\n")


def _import(given: argparse.Namespace) -> int:
    all_taken = True
    for name in given.files:
        found = _send(given, name)
        all_taken = all_taken and not found["rejected"]
        if given.json:
            sys.stdout.write(json.dumps({"file": name} | found) + "\n")
        else:
            before = f", {found['repeated']:,} of them sent before" if found["repeated"] else ""
            said = (
                f"{name}: {found['spans']:,} spans and {found['logs']:,} log records taken{before} ({found['format']})."
            )
            sys.stdout.write(said + "\n")
            if found["rejected"]:
                sys.stdout.write(f"  {found['rejected']:,} could not be read; the first: {excerpt(found['message'])}\n")
    return OK if all_taken else INCOMPLETE


def _send(given: argparse.Namespace, name: str) -> dict[str, Any]:
    path = "/api/v1/import" + (f"?format={given.format}" if given.format else "")
    try:
        with (
            sys.stdin.buffer if name == "-" else Path(name).open("rb") as file,
            closing(_connection(address(given.url))) as connection,
        ):
            size = None if name == "-" else os.fstat(file.fileno()).st_size
            progress = _Progress(given, name, size)
            answer = _asked(connection, "POST", path, given, _chunks(file, progress))
            progress.end()
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except IsADirectoryError:
        raise Failure(f"{name} is a folder: name the files in it.", code=USAGE) from None
    except FileNotFoundError:
        raise Failure(f"{name} does not exist.", code=USAGE) from None
    except (HTTPException, OSError, ValueError) as error:
        raise Failure(f"{name}: the answer was not received: {error}.") from error


def _chunks(file: IO[bytes], progress: "_Progress") -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
        progress.add(len(chunk))


def _connection(where: SplitResult) -> HTTPConnection:
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    return kind(str(where.hostname), where.port, timeout=_SECONDS)


def _asked(
    connection: HTTPConnection, method: str, path: str, given: argparse.Namespace, body: Iterator[bytes] | None = None
) -> HTTPResponse:
    where = address(given.url)
    kind = {"Content-Type": "application/octet-stream"} if body is not None else {}
    try:
        # The collector may say why not before it has read everything.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, where.path + path, body, {**key_headers(given.key), **kind})
        answer = connection.getresponse()
    except (HTTPException, OSError) as error:
        raise unreached(where, error) from error
    if answer.status != HTTPStatus.OK:
        raise Failure(said(answer), answer.status)
    return answer


def _received(answer: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read1(_CHUNK):
            yield chunk
    except HTTPException as error:
        raise Failure("the connection ended before the file did.", code=INCOMPLETE) from error


class _Progress:
    """How far it is, on one line of a terminal; nothing where standard error is none."""

    def __init__(self, given: argparse.Namespace, what: str, size: int | None) -> None:
        self._shown = sys.stderr.isatty() and not given.json
        self._what = excerpt(what, 40)
        self._size = size
        self._done = 0
        self._began = self._last = time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if self._shown and now - self._last > 0.1:
            self._last = now
            sys.stderr.write(f"\r\033[K{self._line(now)}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")

    def _line(self, now: float) -> str:
        rate = f"{self._done / 2**20:,.1f} MiB, {self._done / 2**20 / max(now - self._began, 0.1):,.1f} MiB/s"
        if not self._size:
            return f"{self._what}  {rate}"
        share = min(self._done / self._size, 1)
        return f"{self._what}  {'█' * round(share * _BAR):░<{_BAR}} {share:4.0%}  {rate}"
