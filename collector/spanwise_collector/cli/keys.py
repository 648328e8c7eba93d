"""`spanwise keys`: make, list and revoke keys, and see who did, in the notebook itself, whether the collector runs or
not."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from spanwise_collector.cli.terminal import second
from spanwise_collector.errors import Refused, SettingError, excerpt
from spanwise_collector.notebook import Notebook, acts, keys
from spanwise_collector.notebook.keys import DEFAULT_PROJECT, KeyRecord, Scope
from spanwise_collector.settings import Settings

OK, FAILED, USAGE = 0, 1, 2
_ACTOR: Final = "terminal"


def main(argv: list[str]) -> int:
    """Exit code 0 when done, 1 when the notebook refused, 2 for wrong usage."""
    given = _parser().parse_args(argv)
    try:
        settings = Settings.load([*(["--data", given.data] if given.data else [])])
        notebook = Notebook.open(settings.data, given.notebook or settings.notebook.get_secret_value())
    except SettingError as error:
        return _fail(error, USAGE)
    try:
        given.run(notebook, given)
    except Refused as error:
        return _fail(error, FAILED)
    finally:
        notebook.close()
    return OK


def shown(record: KeyRecord) -> dict[str, Any]:
    """A key as JSON shows it, without any part of its secret."""
    return {
        "id": record.id,
        "name": record.name,
        "project": record.project,
        "scopes": sorted(record.scopes),
        "created_unix_nano": record.created,
        "last_used_unix_nano": record.last_used,
        "revoked_unix_nano": record.revoked,
    }


def _create(notebook: Notebook, given: argparse.Namespace) -> None:
    scopes = keys.parse_scopes(given.scope)
    record, token = keys.create(notebook, scopes, given.project, given.name, actor=_ACTOR)
    if given.json:
        print(json.dumps(shown(record) | {"key": token}))
        return
    # The key alone on stdout, so that a script can take it.
    print(
        f"Key {record.id} ({', '.join(sorted(record.scopes))}; project {record.project}) is made."
        " It is shown this once:",
        file=sys.stderr,
    )
    print(token)


def _list(notebook: Notebook, given: argparse.Namespace) -> None:
    found = keys.every(notebook)
    if given.json:
        print(json.dumps([shown(record) for record in found], indent=2))
    elif found:
        print("\n".join(_table(found)))
    else:
        print("There is no key. Make one with: spanwise keys create --scope ingest")


def _revoke(notebook: Notebook, given: argparse.Namespace) -> None:
    record = keys.revoke(notebook, given.id, actor=_ACTOR)
    if given.json:
        print(json.dumps(shown(record)))
    else:
        print(f"Key {record.id} is revoked; a running collector refuses it within seconds.")


def _acts(notebook: Notebook, given: argparse.Namespace) -> None:
    found = acts.newest(notebook, given.limit)
    if given.json:
        print(json.dumps([_act(each) for each in found], indent=2))
        return
    shown = [(second(each.time), each.actor, each.project, each.act, excerpt(each.subject)) for each in found]
    print("\n".join(_columns([("TIME", "WHO", "PROJECT", "WHAT", "SUBJECT"), *shown])))


def _act(done: acts.Done) -> dict[str, Any]:
    return {
        "time_unix_nano": done.time,
        "actor": done.actor,
        "project": done.project,
        "act": done.act,
        "subject": done.subject,
    }


def _table(found: list[KeyRecord]) -> Iterator[str]:
    rows = [("ID", "PROJECT", "SCOPES", "MADE", "LAST USED", "NAME")]
    for each in found:
        used = "revoked" if each.revoked else second(each.last_used) if each.last_used else "never"
        scopes = ",".join(sorted(each.scopes))
        rows.append((each.id, each.project, scopes, second(each.created), used, excerpt(each.name)))
    return _columns(rows)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _fail(error: Exception, code: int) -> int:
    print(f"spanwise keys: {error}", file=sys.stderr)
    return code


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number < 1 << 31:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spanwise keys", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="make a key and show it, this once")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        metavar="|".join(Scope),
        help="what it allows: to send, to ask, or everything; may be given several times",
    )
    create.add_argument("--project", default=DEFAULT_PROJECT, help="whose data it opens [%(default)s]")
    create.add_argument("--name", default="", help="what it is for")
    create.set_defaults(run=_create)
    listing = commands.add_parser("list", help="every key, and when it was last used")
    listing.set_defaults(run=_list)
    revoke = commands.add_parser("revoke", help="let a key open nothing any more")
    revoke.add_argument("id", metavar="ID", help="as `list` shows it")
    revoke.set_defaults(run=_revoke)
    done = commands.add_parser("acts", help="who made and revoked keys, deleted, and made backups; the newest first")
    done.add_argument("--limit", type=_count, default=100, metavar="COUNT", help="at most so many [%(default)s]")
    done.set_defaults(run=_acts)
    for command in (create, listing, revoke, done):
        command.add_argument(
            "--data", metavar="DIR", help="the collector's data folder (SPANWISE_DATA) [spanwise-data]"
        )
        command.add_argument("--notebook", metavar="URL", help="where keys are kept, if not there (SPANWISE_NOTEBOOK)")
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser
