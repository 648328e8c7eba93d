"""The `spanwise` command: its sub-commands come from the tracer and from what is installed beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from io import TextIOWrapper

Command = Callable[[list[str]], int]

GROUP = "spanwise.commands"
OK, FAILED, USAGE = 0, 1, 2
_COLLECTOR_COMMANDS = {
    "canary": "write traces and logs to a collector, and check that they come back",
    "delete": "delete a trace, or all that has an attribute of a value, for good",
    "backup": "copy all that a running collector has acknowledged",
    "restore": "make a data folder of a backup",
    "diagnose": "name the services that are to blame for what is unusual in a time window",
    "diff": "say what is different between two traces, or two sets of spans",
    "errors": "list groups of errors, and where in the code they come from",
    "map": "say what calls what, as lines or as a graph",
    "open": "open a trace in the web view",
    "services": "list services with their figures",
    "export": "write traces, spans or log records into a file",
    "import": "send files of traces and log records to a collector",
    "problems": "say what is broken right now, one line a cause",
    "explain": "say what made a trace slow or failed",
    "keys": "make, list and revoke the keys of a collector",
    "logs": "list log records",
    "tail": "print spans and log records as they arrive",
    "trace": "show a trace as a waterfall",
    "traces": "list traces",
    "up": "start collector, store and web view in one process",
}
_DESCRIPTIONS = {
    "completion": "print what makes a shell complete commands and options",
    "doctor": "say what is traced here, where spans go and whether they arrive",
    "run": "run a Python command traced, without any change of its code",
    "send": "send the lines of a pipe or a file as log records",
    "ship": "follow log files and send every record once",
    **_COLLECTOR_COMMANDS,
}


def commands() -> dict[str, EntryPoint]:
    """The sub-commands that are installed, by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def usage(found: dict[str, EntryPoint]) -> str:
    """The text of `spanwise --help`."""
    names = sorted({*found, *_DESCRIPTIONS})
    lines = [f"  {name:<10} {_DESCRIPTIONS.get(name, '')}{_missing_note(name, found)}".rstrip() for name in names]
    return "\n".join(
        [
            "usage: spanwise COMMAND [ARGUMENTS]",
            "",
            "commands:",
            *lines,
            "",
            "options:",
            "  -h, --help     this text",
            "  -V, --version  the version of what is installed",
            "",
            "`spanwise COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 wrong usage.",
        ]
    )


def _missing_note(name: str, found: dict[str, EntryPoint]) -> str:
    return "" if name in found else "  (not installed: pip install spanwise-collector)"


def emphasized(text: str) -> str:
    """Bold text where standard error is a terminal and NO_COLOR is not set."""
    return f"\x1b[1m{text}\x1b[0m" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else text


def complain(message: str) -> None:
    """Say what is wrong on standard error."""
    sys.stderr.write(f"{emphasized('spanwise:')} {message}\n")


def main(argv: list[str] | None = None) -> int:
    """Run a sub-command; its exit code, or 2 for a usage error."""
    arguments = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        # Telemetry and paths have characters that an old locale has not; a command does not fail for one.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    found = commands()
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(usage(found) + "\n")
        return OK if arguments else USAGE
    if arguments[0] in ("-V", "--version"):
        from spanwise import __version__

        sys.stdout.write(f"spanwise {__version__}\n")
        return OK
    return _run(arguments[0], arguments[1:], found)


def _run(name: str, arguments: list[str], found: dict[str, EntryPoint]) -> int:
    entry = found.get(name)
    if entry is None:
        if name in _COLLECTOR_COMMANDS:
            complain(
                f"`{name}` belongs to the collector, which is not installed here. "
                "Install it with: pip install spanwise-collector"
            )
            return FAILED
        complain(f"there is no command {name!r}.\n\n{usage(found)}")
        return USAGE
    command: Command = entry.load()
    return command(arguments)
