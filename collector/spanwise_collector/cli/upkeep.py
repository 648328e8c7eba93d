"""`spanwise delete`, `spanwise backup` and `spanwise restore`: an operator's work on what is kept."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from spanwise_collector.cli.remote import USAGE, Failure, add_options, answer_of, read
from spanwise_collector.errors import SpanwiseError, excerpt

OK, FAILED = 0, 1
_SECONDS: Final = 600
_SERVER_ERROR: Final = 500
_POLL: Final = 0.2
_EXIT_CODES: Final = "Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 the collector cannot be asked."
# A path of some length, and what is wrong there in two sentences.
_WORDS: Final = 1000


class Post(Protocol):
    """Asks the collector: a path below /api/v1/admin, and what to post there or None to only look."""

    def __call__(self, path: str, wish: dict[str, Any] | None = None) -> dict[str, Any]: ...


def delete(argv: list[str]) -> int:
    """Delete telemetry for good."""
    parser = _parser("delete", "Delete a trace, or all that has an attribute of a value, for good and from every file.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--trace", metavar="ID", help="a trace with all its spans and log records")
    what.add_argument("--where", metavar="KEY=VALUE", help="spans, log records and metrics with that attribute")
    times = "RFC 3339, nanoseconds since the epoch, or such as now-15m"
    parser.add_argument("--after", metavar="TIME", help=f"only what happened at this time or later ({times})")
    parser.add_argument("--before", metavar="TIME", help="only what happened before this time")
    parser.add_argument("--dry-run", action="store_true", help="only count what would go")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--data", metavar="DIR", help="the data folder of a collector that is not running")
    parser.add_argument("--project", help="with --data: the project [default]; else it is that of the key")
    given = parser.parse_args(argv)
    return _told("delete", lambda: _delete(given))


def backup(argv: list[str]) -> int:
    """Copy everything that was acknowledged, while the collector runs."""
    parser = _parser("backup", "Copy all that a running collector has acknowledged into a new folder on its disk.")
    parser.add_argument("folder", metavar="DIR", help="a new folder below the collector's --backup-dir")
    given = parser.parse_args(argv)
    return _told("backup", lambda: _backup(given))


def restore(argv: list[str]) -> int:
    """Make a data folder of a backup."""
    parser = argparse.ArgumentParser(
        prog="spanwise restore",
        description="Make a new data folder of a backup, with no collector running on it.",
        epilog="Exit codes: 0 done, 1 it failed, 2 wrong usage.",
    )
    parser.add_argument("folder", metavar="DIR", help="the backup")
    parser.add_argument("--data", metavar="DIR", default="spanwise-data", help="the new data folder [spanwise-data]")
    parser.add_argument("--check", action="store_true", help="only compare every file with its checksum")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    given = parser.parse_args(argv)
    return _told("restore", lambda: _restore(given), "stopped: nothing was restored")


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    add_options(parser, "admin")
    parser.add_argument("--json", action="store_true", help="print the collector's last answer as it is")
    return parser


def _told(
    command: str,
    work: Callable[[], None],
    stopped: str = "stopped watching; what was asked for goes on in the collector",
) -> int:
    try:
        work()
    except Failure as failure:
        sys.stderr.write(f"spanwise {command}: {failure}\n")
        # What a collector that was reached could not do has failed.
        return FAILED if failure.status is not None and failure.status >= _SERVER_ERROR else failure.code
    except SpanwiseError as error:
        sys.stderr.write(f"spanwise {command}: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write(f"spanwise {command}: {stopped}.\n")
        return FAILED
    return OK


def _delete(given: argparse.Namespace) -> None:
    wish = {"after": given.after, "before": given.before, "trace_id": given.trace}
    if given.where is not None:
        key, equals, value = given.where.partition("=")
        if not (key and equals):
            raise Failure("--where wants KEY=VALUE, such as user.id=42.", code=USAGE)
        wish |= {"key": key, "value": value}
    wish = {key: value for key, value in wish.items() if value is not None}
    if given.data is None:
        if given.project is not None:
            raise Failure(
                "--project goes with --data; a running collector deletes in the project of SPANWISE_KEY.", code=USAGE
            )
        _see_delete(given, wish, _http(given))
        return
    if not (Path(given.data) / "store").is_dir():
        raise Failure(f"{given.data} is no data folder of a collector: nothing was deleted.", code=USAGE)
    from spanwise_collector.cli.offline import admin_of

    admin_of(Path(given.data), given.project or "default", lambda post: _see_delete(given, wish, post))


def _see_delete(given: argparse.Namespace, wish: dict[str, Any], post: Post) -> None:
    found = post("/delete", {**wish, "dry_run": True})
    if given.dry_run:
        _show(given, found, f"Would delete {_rows(found)}, and what of it is not stored yet.")
        return
    if not given.yes and not _confirmed(f"Delete {_rows(found)}, and what of it is not stored yet, for good?"):
        raise Failure("Nothing was deleted: it was not confirmed (--yes confirms without a question).", code=FAILED)
    state = _watch(post, "/delete", post("/delete", wish))
    _show(given, state, f"Deleted {_rows(state)}; {state['segments']} files of what was set aside were rewritten.")


def _backup(given: argparse.Namespace) -> None:
    post = _http(given)
    state = _watch(post, "/backup", post("/backup", {"path": given.folder}))
    if state["state"] == "failed":
        raise Failure(f"There is no backup: {excerpt(str(state['error']), _WORDS)}", code=FAILED)
    _show(given, state, f"Wrote {state['files']:,} files, {state['bytes']:,} bytes, to {excerpt(str(state['path']))}.")


def _restore(given: argparse.Namespace) -> None:
    from spanwise_collector.keeping.restore import check, restore

    manifest = check(Path(given.folder)) if given.check else restore(Path(given.folder), Path(given.data))
    size = f"{len(manifest.files):,} files, {manifest.bytes:,} bytes"
    said = f"The backup is whole: {size}." if given.check else f"Restored {size} to {Path(given.data).absolute()}."
    facts = {"files": len(manifest.files), "bytes": manifest.bytes, "made_unix_nano": manifest.made_unix_nano}
    _show(given, facts, said)


def _watch(post: Post, path: str, state: dict[str, Any]) -> dict[str, Any]:
    """Look until it is over, saying on a terminal how far it is."""
    said = ""
    while state["state"] not in ("done", "failed"):
        time.sleep(_POLL)
        state = post(f"{path}/{state['id']}")
        now = excerpt(str(state.get("error") or state.get("step") or f"{state.get('bytes', 0):,} bytes"), _WORDS)
        if now != said and sys.stderr.isatty():
            sys.stderr.write(f"  {now}\n")
        said = now
    return state


def _rows(state: dict[str, Any]) -> str:
    names = {"spans": "spans", "logs": "log records", "metric_points": "metric points"}
    return ", ".join(f"{count:,} {names.get(table, table)}" for table, count in state["rows"].items())


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(given: argparse.Namespace, facts: dict[str, Any], sentence: str) -> None:
    sys.stdout.write((json.dumps(facts, indent=2) if given.json else sentence) + "\n")


def _http(given: argparse.Namespace) -> Post:
    def post(path: str, wish: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = answer_of(given, f"/api/v1/admin{path}", {}, wish=wish, seconds=_SECONDS)
        found: dict[str, Any] = read(given, answer)
        return found

    return post
