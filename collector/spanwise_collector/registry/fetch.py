"""JSON over HTTP from an address of the settings: bounded in time and size, and never redirected elsewhere."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from spanwise_collector.settings.registry_address import RegistryAddress

SECONDS: Final = 5.0
ALL_SECONDS: Final = 60.0
"""Of one answer, and of all that one reading asks for."""
MOST_BYTES: Final = 16 * 2**20
_BLOCK: Final = 64 * 2**10


class Unread(Exception):
    """A registry gave no answer that can be used; the text says why."""


class Web:
    """One HTTP server of a registry: the first of the address's hosts."""

    def __init__(self, address: RegistryAddress, headers: Mapping[str, str] | None = None) -> None:
        self._address = address
        self._headers = {"Accept": "application/json", **(headers or {})}
        self._until = time.monotonic() + ALL_SECONDS

    def get(self, path: str) -> Any:
        """The JSON at a path; raises Unread."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """The JSON that is answered to JSON; raises Unread."""
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        until = min(time.monotonic() + SECONDS, self._until)
        if time.monotonic() > self._until:
            raise Unread(f"reading it takes longer than {ALL_SECONDS:g} s")
        connection = self._connection()
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise Unread(f"it answered {answer.status} to {method} {path.partition('?')[0]}")
            return json.loads(_bounded(answer, until))
        except (OSError, http.client.HTTPException) as error:
            raise Unread(str(error) or type(error).__name__) from error
        except (ValueError, RecursionError) as error:
            raise Unread(f"its answer to {path.partition('?')[0]} is no JSON") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host = self._address.hosts[0]
        if not self._address.tls:
            return http.client.HTTPConnection(host, timeout=SECONDS)
        try:
            context = ssl.create_default_context(cafile=self._address.option("ca_file") or None)
        except OSError as error:
            raise Unread(f"ca_file: {error}") from error
        return http.client.HTTPSConnection(host, timeout=SECONDS, context=context)


def _bounded(answer: http.client.HTTPResponse, until: float) -> bytes:
    read = bytearray()
    while block := answer.read1(_BLOCK):
        read += block
        if len(read) > MOST_BYTES:
            raise Unread(f"its answer is longer than {MOST_BYTES >> 20} MiB")
        if time.monotonic() > until:
            raise Unread(f"its answer takes longer than {SECONDS:g} s")
    return bytes(read)


def secret(address: RegistryAddress, option: str) -> str:
    """What stands in the file that an option names, "" without one; raises Unread."""
    path = address.option(option)
    try:
        return Path(path).read_text("utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unread(f"{option}: {error}") from error
