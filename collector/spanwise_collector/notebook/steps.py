"""Takes the notebook's steps by Alembic, which keeps count of them."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def take_steps(connection: Connection) -> None:
    """Bring a new database, or one of an older version, to this one within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(now: tuple[str, ...], context: MigrationContext) -> list[RevisionStep]:
        return list(script._upgrade_revs("head", now))  # type: ignore[arg-type]  # as alembic's own command does

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
