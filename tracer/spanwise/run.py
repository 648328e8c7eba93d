"""`spanwise run CMD…`: start a command with the tracer in it and in every Python process it starts."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from spanwise.cli import FAILED, complain

# What the bootstrap looks for; it is inherited, so that workers and reloaded processes are traced too.
SWITCH = "SPANWISE_AUTO"
BOOTSTRAP = Path(__file__).parent / "bootstrap"


def main(argv: list[str]) -> int:
    """Replace this process by the command; returns only when that is impossible."""
    parser = argparse.ArgumentParser(
        prog="spanwise run",
        description="Run a Python command traced, without any change of its code.",
        epilog="Example: spanwise run --service api uvicorn main:app --workers 2",
    )
    parser.add_argument("--service", help="name of the service (SPANWISE_SERVICE)")
    parser.add_argument("--endpoint", help="address of the collector (SPANWISE_ENDPOINT), http://127.0.0.1:4318")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD…", help="the command and its arguments")
    options = parser.parse_args(argv)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("there is no command to run")
    env = environment(os.environ, service=options.service, endpoint=options.endpoint)
    return _execute(command, env)


def environment(base: Mapping[str, str], *, service: str | None, endpoint: str | None) -> dict[str, str]:
    """The environment in which every Python process traces itself."""
    env = dict(base)
    env[SWITCH] = "1"
    if service:
        env["SPANWISE_SERVICE"] = service
    if endpoint:
        env["SPANWISE_ENDPOINT"] = endpoint
    others = [part for part in env.get("PYTHONPATH", "").split(os.pathsep) if part and part != str(BOOTSTRAP)]
    env["PYTHONPATH"] = os.pathsep.join([str(BOOTSTRAP), *others])
    return env


def _execute(command: list[str], env: dict[str, str]) -> int:
    arguments = [sys.executable, *command] if command[0].endswith(".py") else command
    program = shutil.which(arguments[0], path=env.get("PATH")) or _beside_python(arguments[0])
    if program is None:
        complain(f"there is no command {arguments[0]!r} in PATH.")
        return FAILED
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(program, arguments, env)  # noqa: S606 - the user's own command


def _beside_python(name: str) -> str | None:
    """A command of the virtual environment that `spanwise` runs in, also when that is not activated."""
    candidate = Path(sys.executable).parent / name
    return str(candidate) if candidate.is_file() and os.access(candidate, os.X_OK) else None
