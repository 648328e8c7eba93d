"""A real PostgreSQL on a socket of its own: Debian's server, started in a temporary folder, never as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PASSWORD = "pass/word-of-the-test"
_SECONDS = 60


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; None where PostgreSQL is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    return next((place for place in [*places, *([Path(found).parent] if found else [])]), None)


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """A server without any table, until the block ends; yields its URL, password and all."""
    # A socket's path may have 107 characters, and pytest's own folders are deep.
    with tempfile.TemporaryDirectory(prefix="spw-pg-", ignore_cleanup_errors=True) as folder:
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(PASSWORD)
        user = "postgres" if os.geteuid() == 0 else None
        if user is not None:
            for path in (folder, secret):
                shutil.chown(path, user)

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", str(data), *arguments]
            # Inherited pipes would be held open by the server.
            with Path(folder, "log").open("ab") as log:
                done = subprocess.run(
                    command, cwd=folder, user=user, stdout=log, stderr=log, timeout=_SECONDS, check=False
                )
            assert done.returncode == 0, Path(folder, "log").read_text()

        run("initdb", "--no-sync", "-U", "spanwise", "-A", "scram-sha-256", f"--pwfile={secret}")
        run("pg_ctl", "start", "-w", "-o", f"-c listen_addresses= -c fsync=off -k {folder}")
        try:
            yield f"postgresql://spanwise:{quote(PASSWORD, safe='')}@/postgres?host={quote(folder)}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
