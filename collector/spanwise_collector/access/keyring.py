"""The live keys, in memory: no request waits for the notebook."""

import hmac
import logging
import threading
import time
from dataclasses import dataclass
from typing import Final

from spanwise_collector.errors import NotebookError, UnknownKey
from spanwise_collector.notebook import Notebook, keys
from spanwise_collector.notebook.keys import DEFAULT_PROJECT, KeyRecord, Scope

_log = logging.getLogger(__name__)
REFRESH_SECONDS: Final = 2.0
# How much newer a use must be than the one written down before it is written again.
_USE_NANOSECONDS: Final = 60 * 10**9
_NOBODY: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do: in one project, and who it is for the list of acts."""

    project: str
    scopes: frozenset[Scope]
    actor: str

    def allows(self, scope: Scope) -> bool:
        """Whether it has this scope, or the one that includes all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


OPEN: Final = Grant(DEFAULT_PROJECT, frozenset(Scope), "anyone")


class Keyring:
    """Knows every live key, and reads them anew every two seconds, so that a key that is made or revoked counts soon.

    While the notebook cannot be read, the keys that were known last go on to count. Keys are required where a live one
    exists; and, unless `insecure`, where there ever was one, or where other machines can reach the collector.
    """

    def __init__(self, notebook: Notebook, *, reached_by_others: bool, insecure: bool) -> None:
        self._notebook = notebook
        self._reached_by_others = reached_by_others
        self._insecure = insecure
        self._live: dict[str, KeyRecord] = {}
        self._ever = False
        self._used: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)
        self.refresh()

    @property
    def empty(self) -> bool:
        """Whether there is no live key."""
        return not self._live

    @property
    def required(self) -> bool:
        """Whether nothing is done without a key."""
        return bool(self._live) or (not self._insecure and (self._ever or self._reached_by_others))

    def grant(self, token: str) -> Grant:
        """What a key opens. Raises UnknownKey, after as much work as for a key that is known."""
        given = keys.digest_of(token)
        record = self._live.get(keys.id_of(token) or "")
        if not hmac.compare_digest(given, record.digest if record else _NOBODY) or record is None:
            raise UnknownKey("The key is not known here, or it was revoked.")
        return self._use(record)

    def grant_by_id(self, id_: str) -> Grant | None:
        """What a key opens that was shown before; None when it was revoked meanwhile."""
        record = self._live.get(id_)
        return None if record is None else self._use(record)

    def refresh(self) -> None:
        """Read the keys now. Raises NotebookError."""
        found = keys.every(self._notebook)
        self._live = {each.id: each for each in found if each.revoked is None}
        self._ever = bool(found)

    def start(self) -> None:
        """Begin to read the keys anew, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and write down what was used."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _use(self, record: KeyRecord) -> Grant:
        self._used[record.id] = time.time_ns()
        return Grant(record.project, record.scopes, f"key {record.id}")

    def _run(self) -> None:
        trouble = False
        while True:
            stopping = self._stopping.wait(REFRESH_SECONDS)
            try:
                self.refresh()
                self._write_uses(all_of_them=stopping)
                trouble = False
            except NotebookError as error:
                if not trouble:
                    _log.warning("Keys that are made or revoked now may not count yet. %s", error)
                trouble = True
            if stopping:
                return

    def _write_uses(self, *, all_of_them: bool) -> None:
        least = 0 if all_of_them else _USE_NANOSECONDS
        due = {id_: when for id_, when in self._used.copy().items() if when - self._written.get(id_, 0) > least}
        if due:
            keys.note_use(self._notebook, due)
            self._written |= due
