"""One collector with keys, for all tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from spanwise_collector.notebook import Notebook, keys
from spanwise_collector.notebook.keys import Scope

from tests.collector.process import Process, process


@dataclass(frozen=True)
class Guarded:
    """A collector that asks for keys; `keys` by what they are for: scopes of project `a`, and `b` for all of `b`.

    `stranger` is for all of a project that no test sends anything to; `operator` is the admin of the project
    `default`.
    """

    service: Process
    data: Path
    keys: dict[str, str]

    def ask(self, method: str, path: str, key: str | None = None, **options: object) -> httpx.Response:
        """A request with the key of that name, a key that is spelled out, or none."""
        headers = dict(options.pop("headers", {}))  # type: ignore[call-overload]
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}".encode("latin-1")
        return self.service.client.request(method, path, headers=headers, **options)  # type: ignore[arg-type]

    def begin(self, method: str, path: str, key: str | None) -> httpx.Response:
        """The head of an answer only: that of a tail has no end."""
        headers = {} if key is None else {"Authorization": f"Bearer {self.keys.get(key, key)}"}
        with self.service.client.stream(method, path, headers=headers) as answer:
            return answer


def make_key(data: Path, *scopes: Scope, project: str = "default") -> str:
    """A key made as the command makes it, beside a collector that may run."""
    with closing(Notebook.open(data)) as notebook:
        return keys.create(notebook, frozenset(scopes), project, actor="terminal")[1]


def revoke_key(data: Path, key: str) -> None:
    with closing(Notebook.open(data)) as notebook:
        keys.revoke(notebook, keys.id_of(key) or "", actor="terminal")


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    data = tmp_path_factory.mktemp("guarded") / "data"
    made = {str(scope): make_key(data, scope, project="a") for scope in Scope}
    made["sender"] = make_key(data, Scope.INGEST, Scope.READ, project="a")
    made["b"] = make_key(data, *Scope, project="b")
    made["stranger"] = make_key(data, *Scope, project="stranger")
    made["operator"] = make_key(data, Scope.ADMIN)
    made["revoked"] = make_key(data, Scope.ADMIN, project="a")
    revoke_key(data, made["revoked"])
    # A key that was never made, and one with a known id and another secret.
    made["unknown"] = "spw_00000000_" + "A" * 43
    made["forged"] = made["admin"][:-43] + "A" * 43
    with process(data) as service:
        yield Guarded(service, data, made)


def soon(seconds: float = 30) -> Iterator[None]:
    """Again and again, for as long as a change of a key may take and then some."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1)
