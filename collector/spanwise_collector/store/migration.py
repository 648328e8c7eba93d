"""Brings the tables of an older data folder to the schema of today: forward only, from wherever a kill left it."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from spanwise_collector.errors import SettingError
from spanwise_collector.folder import Stand
from spanwise_collector.store import schema
from spanwise_collector.store.layout import Layout

_FIRST: Final = 1
_ONE_PLACE: Final = Layout()
_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_FINGERPRINT: Final = re.compile(r"-- schema ([0-9a-f]{12})$", re.MULTILINE)
FOLDER: Final[Traversable] = files(__package__) / "migrations"


@dataclass(frozen=True, slots=True)
class Step:
    """What leads from the version before `number` to `number`; `schema` is the fingerprint of what it leads to."""

    number: int
    name: str
    schema: str
    statements: tuple[str, ...]


def steps(folder: Traversable = FOLDER, layout: Layout = _ONE_PLACE) -> list[Step]:
    """Every step in order, from the `.sql` files of a folder."""
    found = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if named := _NAME.fullmatch(file.name):
            text = file.read_text("utf-8")
            fingerprint = _FINGERPRINT.search(text)
            found.append(
                Step(
                    int(named[1]),
                    file.name,
                    fingerprint[1] if fingerprint else "",
                    tuple(schema.split(text, layout)),
                )
            )
    return found


def version(known: list[Step]) -> int:
    """The version to which the last step leads."""
    return known[-1].number if known else _FIRST


VERSION: Final = version(steps())
"""The version of this installation's schema; a data folder of a higher one is refused."""


def fingerprint() -> str:
    """Changes with every statement of the schema, and with nothing else: what the newest step must name."""
    return hashlib.sha256("\n;\n".join(schema.statements()).encode()).hexdigest()[:12]


def migrate(
    run: Callable[[str], object],
    found: Stand,
    record: Callable[[Stand], None],
    known: list[Step] | None = None,
    layout: Layout = _ONE_PLACE,
) -> None:
    """Bring the tables from `found` to the newest version, by handing statements to `run`.

    `record` keeps durably how far it has come, after each statement of a step: what was recorded is never run again,
    so a kill repeats at most the one statement that was running. Then everything that holds no data (functions, tables
    of the wire, views) is made as the schema has it now, which may be repeated as a whole. Nothing may be inserted
    while this runs. Raises SettingError where a newer Spanwise has begun to change the folder, StoreError where the
    store refuses a statement.
    """
    known = steps(layout=layout) if known is None else known
    todo = _todo(found, known)
    if is_newer(found, known):
        raise SettingError(
            f"A newer Spanwise has begun to change this data folder (version {found}) and was killed in the middle."
            " Start the newer version to finish it."
        )
    for done, statement in enumerate(todo[found.done :], start=found.done + 1):
        run(statement)
        record(Stand(found.version, done))
    for statement in _renewed(layout):
        run(statement)
    record(Stand(version(known)))


def is_newer(found: Stand, known: list[Step]) -> bool:
    """Whether a newer Spanwise has made the tables, or has begun to."""
    return found.version > version(known) or found.done > len(_todo(found, known))


def _todo(found: Stand, known: list[Step]) -> list[str]:
    return [statement for step in known if step.number > found.version for statement in step.statements]


def _renewed(layout: Layout) -> Iterator[str]:
    """The schema's statements, where each also changes an object that exists and holds no data."""
    for statement in schema.statements(layout):
        # A table over all shards has the columns that its pieces had when it was made.
        if statement.startswith(_TABLE) and (
            statement.endswith("ENGINE = Null") or " ENGINE = Distributed(" in statement
        ):
            yield "CREATE OR REPLACE TABLE " + statement.removeprefix(_TABLE)
            continue
        yield statement
        if statement.startswith(_VIEW):
            # Its columns and the functions in it are worked out anew; the table behind it is left alone.
            name, _, query = statement.removeprefix(_VIEW).partition(" AS\n")
            yield f"ALTER TABLE {name.split()[0]}{layout.on_cluster} MODIFY QUERY {query}"


_TABLE: Final = "CREATE TABLE IF NOT EXISTS "
_VIEW: Final = "CREATE MATERIALIZED VIEW IF NOT EXISTS "
