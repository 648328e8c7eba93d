"""Debian's Redis, PostgreSQL and RabbitMQ, each started for the tests in a folder and on a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.ports import free_port
from tests.serving import serving

HOW = "bash requirements/setup.sh services"


def _program(name: str, *places: Path) -> str:
    found = shutil.which(name) or next((str(place / name) for place in places if (place / name).exists()), None)
    if found is None:
        pytest.skip(f"{name} is not installed: {HOW}")
    return found


def _other_user(name: str) -> str | None:
    """Servers that refuse to run as root run as the user that Debian made for them."""
    if os.geteuid() != 0:
        return None
    return name if any(entry.pw_name == name for entry in pwd.getpwall()) else "nobody"


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="spw-", ignore_cleanup_errors=True) as name:
        if user is not None:
            shutil.chown(name, user)
        yield Path(name)


@contextmanager
def redis_server() -> Iterator[int]:
    """The port of an empty Redis that writes nothing to disk."""
    program, port = _program("redis-server"), free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with _folder(None) as folder, serving(command, port, folder, os.environ):
        yield port


@contextmanager
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL with the database and the user `postgres`, who needs no password."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb, port, user = _program("initdb", *places), free_port(), _other_user("postgres")
    with _folder(user) as folder:
        data = str(folder / "data")
        subprocess.run(
            [initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
            cwd=folder,
            user=user,
            check=True,
            capture_output=True,
            timeout=60,
        )
        server = str(Path(initdb).parent / "postgres")
        command = [server, "-D", data, "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
        with serving(command, port, folder, os.environ, user):
            yield port


@contextmanager
def rabbitmq() -> Iterator[int]:
    """The port of an empty RabbitMQ."""
    program = _program("rabbitmq-server", Path("/usr/lib/rabbitmq/bin"))
    real, user = Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), _other_user("rabbitmq")
    port = free_port()
    with _folder(user) as folder:
        (folder / "plugins").write_text("[].")
        env = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_NODENAME": f"spanwise{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        try:
            # Debian's own wrapper changes the user by `su`, which keeps none of these.
            with serving([str(real) if real.exists() else program], port, folder, env, user):
                yield port
        finally:
            # The name service that Erlang starts beside it outlives it otherwise.
            subprocess.run(["epmd", "-kill"], env=env, user=user, capture_output=True, check=False)
