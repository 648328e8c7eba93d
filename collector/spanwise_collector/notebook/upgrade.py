"""The notebook's versions, forward only: each is a step in `versions/`, and Alembic keeps count of them."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from spanwise_collector.errors import SettingError, excerpt

# Any number that nothing else locks by; "notebook" in ASCII.
_LOCK = 0x6E6F7465626F6F6B


def upgrade(connection: Connection) -> None:
    """Bring a database to this version within the connection's transaction; one that is there already is left alone.

    Two that start at once on one database take turns. Raises SettingError for what a newer version has written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    known = {each.revision for each in script.walk_revisions()}
    _refuse_newer(MigrationContext.configure(connection).get_current_heads(), known)

    def steps(now: tuple[str, ...], context: MigrationContext) -> list[RevisionStep]:
        return list(script._upgrade_revs("head", now))  # type: ignore[arg-type]  # as alembic's own command does

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _refuse_newer(found: tuple[str, ...], known: set[str]) -> None:
    newer = sorted(set(found) - known)
    if newer:
        raise SettingError(
            f"The notebook was written by a newer Spanwise (version {excerpt(newer[0], 20)}, this one knows"
            f" {max(known)}). Start the newer version, or choose another notebook with --notebook or --data."
        )
