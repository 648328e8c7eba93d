"""Who this process is: the resource of its spans and log records."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from spanwise.settings import split_list


class ProcessIdentity:
    """Attributes that differ between a process and its forks: made anew when the process id changes."""

    def __init__(self) -> None:
        self._pid = 0
        self._attributes: dict[str, object] = {}

    def attributes(self) -> Mapping[str, object]:
        """`process.pid` and a `service.instance.id` of this very process."""
        pid = os.getpid()
        if pid != self._pid:
            self._attributes = {"process.pid": pid, "service.instance.id": str(uuid.uuid4())}
            self._pid = pid
        return self._attributes


def from_environment(env: Mapping[str, str]) -> dict[str, object]:
    """The attributes of `OTEL_RESOURCE_ATTRIBUTES`, values percent-decoded, malformed members skipped."""
    pairs = (member.partition("=") for member in split_list(env.get("OTEL_RESOURCE_ATTRIBUTES", "")))
    return {key.strip(): unquote(value.strip()) for key, equals, value in pairs if equals and key.strip()}


def service_name(given: str | None, env: Mapping[str, str], attributes: Mapping[str, object]) -> str:
    """The name given, else of the environment, else that of the program."""
    named = given or env.get("SPANWISE_SERVICE") or env.get("OTEL_SERVICE_NAME") or attributes.get("service.name")
    return str(named) if named else f"unknown_service:{_program()}"


def _program() -> str:
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-c", "-m") else ""
    return name.removesuffix(".py") or Path(sys.executable or "python").name


def service_attributes(given: str | None, env: Mapping[str, str]) -> dict[str, object]:
    """Attributes that stay the same over forks."""
    attributes = from_environment(env)
    found: dict[str, object] = {
        "service.name": service_name(given, env, attributes),
        "host.name": socket.gethostname(),
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": ".".join(map(str, sys.version_info[:3])),
        "telemetry.distro.name": "spanwise",
    }
    if version := env.get("SPANWISE_SERVICE_VERSION"):
        found["service.version"] = version
    return {**found, **{key: value for key, value in attributes.items() if key != "service.name"}}
