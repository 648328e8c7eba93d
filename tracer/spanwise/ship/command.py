"""`spanwise send` and `spanwise ship`."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import resource
import secrets
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from spanwise.ship.containers import Unwrapper, names_in
from spanwise.ship.delivery import Delivery, Parcel, Rejected, Undelivered, body_of
from spanwise.ship.following import LONGEST_LINE
from spanwise.ship.joining import Joiner
from spanwise.ship.place import Memory, StateError
from spanwise.ship.shipping import Manner, Shipping

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_DEFAULT_URL = "http://127.0.0.1:4318"
_EXIT_CODES = "Exit codes: 0 everything was stored, 1 something was not, 2 wrong usage, 130 ended by Ctrl-C."
_MOST_RECORDS, _MOST_SIZE = 1000, 1024 * 1024
_JOIN = 0.5
# What the collector takes as an attribute of a resource: any other would be refused with all records.
_KEY = re.compile(r"[A-Za-z_][\w.:/-]{0,127}", re.ASCII)
_LONGEST = 1024
# Some systems have no bound of their own, and none lets a process open as many as that.
_MOST_FILES = 65_536


def send(argv: list[str]) -> int:
    """Send the lines of a pipe or a file to the collector."""
    parser = _parser("send", "Send the lines of a pipe or of files to the collector; they may be JSON, logfmt or text.")
    parser.add_argument("file", metavar="FILE", nargs="*", default=["-"], help="a file, or - for standard input [-]")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds for which a batch is tried again [60]")
    given = parser.parse_args(argv)
    try:
        delivery = Delivery(_url(given), os.environ.get("SPANWISE_KEY"), given.patience)
    except ValueError as error:
        return _complain("send", str(error), USAGE)
    sending = _Sending(delivery, _resource(given, {}))
    code = OK
    try:
        for name in given.file:
            sending.file(sys.stdin.fileno() if name == "-" else os.open(name, os.O_RDONLY))
    except OSError as error:
        code = _complain("send", f"{error.filename or 'the input'} cannot be read: {error.strerror}", USAGE)
    except Undelivered as error:
        code = _complain("send", f"{sending.sent} lines were stored, the rest was not: {error}", FAILED)
    except KeyboardInterrupt:
        code = INTERRUPTED
    delivery.close()
    sending.progress(last=True)
    return FAILED if code == OK and sending.refused else code


def ship(argv: list[str]) -> int:
    """Follow files and send what is written to them, through rotation and restarts."""
    parser = _parser("ship", "Follow log files and send every record once, through rotation, truncation and restarts.")
    parser.add_argument("file", metavar="FILE", nargs="+", help="a file or a pattern such as '/var/log/pods/*/*/*.log'")
    parser.add_argument("--state", type=Path, help="file that remembers what was sent [~/.local/state/spanwise/…]")
    parser.add_argument("--from-end", action="store_true", help="of files seen for the first time, only what is new")
    parser.add_argument("--once", action="store_true", help="end when everything that is there was sent")
    parser.add_argument("--join", type=float, default=1.0, help="seconds a record waits for more of its lines [1]")
    parser.add_argument("--linger", type=float, default=30.0, help="seconds a rotated file is still read [30]")
    given = parser.parse_args(argv)
    try:
        delivery = Delivery(_url(given), os.environ.get("SPANWISE_KEY"), patience=float("inf"))
        memory = Memory(given.state or _default_state(given.file))
    except (ValueError, StateError) as error:
        return _complain("ship", str(error), USAGE)
    shipping = Shipping(
        given.file,
        delivery,
        memory,
        lambda path: _resource(given, names_in(path) | {"log.file.path": path}),
        Manner(given.join, given.linger, from_end=given.from_end),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: delivery.stopping.set())
    _as_many_files_as_may_be()
    code = _followed(shipping, delivery, once=given.once)
    shipping.close()
    memory.close()
    delivery.close()
    tally = shipping.tally
    sys.stderr.write(f"spanwise ship: {tally.records} records of {tally.files} new files were stored.\n")
    return FAILED if code == OK and (tally.refused or (given.once and shipping.missing)) else code


def _followed(shipping: Shipping, delivery: Delivery, *, once: bool) -> int:
    try:
        shipping.resume()
        shipping.run(once=once)
    except Undelivered as error:
        if not delivery.stopping.is_set():
            return _complain("ship", f"{error}. What was not sent is sent by the next start", FAILED)
    except OSError as error:
        where = error.filename or "the state or a file"
        return _complain("ship", f"{where}: {error.strerror}. What was not sent is sent by the next start", FAILED)
    return OK


def _as_many_files_as_may_be() -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # A sandbox may refuse it; fewer files are no reason to end.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class _Sending:
    """Batches of one input after the other."""

    def __init__(self, delivery: Delivery, resource: dict[str, str]) -> None:
        self.sent = self.refused = 0
        self._delivery = delivery
        self._resource = resource
        self._run = secrets.token_hex(6)
        self._number = 0
        self._after = ""
        self._joiner = Joiner()
        self._shown = 0.0

    def file(self, file: int) -> None:
        """Send all that comes; what waits is sent when nothing more comes for half a second, and at the end."""
        unwrapper, rest, place = Unwrapper(), b"", 0
        try:
            for data in _chunks(file):
                if not data:
                    self._joiner.close()
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                for raw in lines:
                    self._joiner.add(unwrapper.line(raw, place, place + 1))
                    place += 1
                self._flush()
        finally:
            # Also at Ctrl-C, which ends whatever writes into the pipe as well.
            if rest:
                self._joiner.add(unwrapper.line(rest, place, place + 1))
            self._joiner.close()
            self._flush()

    def progress(self, *, last: bool = False) -> None:
        if sys.stderr.isatty() and (last or time.monotonic() - self._shown > 0.2):
            self._shown = time.monotonic()
            sys.stderr.write(f"\r{self.sent:,} records stored" + ("\n" if last else ""))

    def _flush(self) -> None:
        while entries := self._joiner.take(_MOST_RECORDS, _MOST_SIZE):
            self._number += 1
            body = body_of(entry.record() for entry in entries)
            parcel = Parcel(f"{self._run}-{self._number}", self._resource, body, self._after)
            refused = 0
            try:
                self._after = self._delivery.deliver(parcel)
            except Rejected as error:
                self._after, refused = error.after, error.records
                _complain("send", f"{refused} records cannot be stored and are left out: {error}", FAILED)
            self.sent += len(entries) - refused
            self.refused += refused
            self.progress()


def _chunks(file: int) -> Iterator[bytes]:
    """What can be read; nothing, in bytes, each time that half a second has passed without anything."""
    while True:
        if not select.select([file], [], [], _JOIN)[0]:
            yield b""
            continue
        if not (data := os.read(file, 256 * 1024)):
            return
        yield data


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    parser.add_argument("--service", help="name of the service (SPANWISE_SERVICE)")
    parser.add_argument(
        "--endpoint", help=f"address of the collector (SPANWISE_ENDPOINT) [{_DEFAULT_URL}]; its key is SPANWISE_KEY"
    )
    parser.add_argument(
        "--resource",
        action="append",
        default=[],
        type=_attribute,
        metavar="KEY=VALUE",
        help="an attribute of every record's resource",
    )
    return parser


def _url(given: argparse.Namespace) -> str:
    return str(given.endpoint or os.environ.get("SPANWISE_ENDPOINT") or _DEFAULT_URL)


def _resource(given: argparse.Namespace, found: dict[str, str]) -> dict[str, str]:
    named = {"service": given.service or os.environ.get("SPANWISE_SERVICE") or found.get("service", "")}
    made = found | {"host.name": socket.gethostname()} | named | dict(given.resource)
    # A path may hold any bytes, and be longer than the collector takes.
    return {key: value.encode("utf-8", "replace").decode()[:_LONGEST] for key, value in made.items() if value}


def _attribute(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise argparse.ArgumentTypeError(f"{pair!r} is not KEY=VALUE")
    return "service" if key == "service.name" else key, value


def _default_state(files: list[str]) -> Path:
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    named = hashlib.sha256("\0".join(sorted(map(os.path.abspath, files))).encode()).hexdigest()[:12]
    return home / "spanwise" / f"ship-{named}.json"


def _complain(command: str, message: str, code: int) -> int:
    sys.stderr.write(f"spanwise {command}: {message}\n")
    return code
