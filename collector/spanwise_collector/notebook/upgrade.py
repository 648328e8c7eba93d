"""The notebook's versions, forward only: each is a step in `versions/`, a file whose name begins with its number."""

import re
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, func, inspect, select, table

from spanwise_collector.errors import SettingError, excerpt

# Any number that nothing else locks by; "notebook" in ASCII.
_LOCK: Final = 0x6E6F7465626F6F6B
# Where Alembic writes down the version.
_COUNT: Final = "alembic_version"
_STEP: Final = re.compile(r"v(\d{4})_\w+")


def upgrade(connection: Connection) -> None:
    """Bring a database to this version within the connection's transaction; one that is there already is left alone.

    Two that start at once on one database take turns. Raises SettingError for what a newer version has written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    steps = map(_STEP.fullmatch, (path.stem for path in Path(__file__).with_name("versions").iterdir()))
    known = {step[1] for step in steps if step}
    found: set[str] = set()
    if inspect(connection).has_table(_COUNT):
        found = set(connection.scalars(select(column("version_num")).select_from(table(_COUNT))))
    if newer := sorted(found - known):
        raise SettingError(
            f"The notebook was written by a newer Spanwise (version {excerpt(newer[0], 20)}, this one knows"
            f" {max(known)}). Start the newer version, or choose another notebook with --notebook or --data."
        )
    if found != {max(known)}:
        # Alembic takes 10 MB of memory, and only here it has something to do.
        from spanwise_collector.notebook.steps import take_steps

        take_steps(connection)
