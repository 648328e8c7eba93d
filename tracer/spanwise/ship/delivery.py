"""Batches of lines to the collector's /v1/lines, each under a name of its own, tried again as OTLP exporters do."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from spanwise.export.proxy import proxy_for
from spanwise.export.sender import Sender, Verdict
from spanwise.values import printable

_TIMEOUT = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_MOST_CONNECTIONS = 16
# What says something about a body; any other refusal is about the address or the key.
_OF_THE_BODY = frozenset(("HTTP 400", "HTTP 413", "HTTP 422"))


class Undelivered(Exception):
    """A parcel was not stored, and can be sent again."""


class Rejected(Undelivered):
    """The collector will never take so many records of a parcel, but may well take others; `after` is as of Parcel."""

    def __init__(self, message: str, records: int, after: str) -> None:
        super().__init__(message)
        self.records = records
        self.after = after


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request. The same name with the same content is stored once, however often it is sent.

    `after` is what the collector answered to the parcel before it of the same source: so lines of one moment keep their
    order over parcels.
    """

    name: str
    resource: Mapping[str, str]
    body: bytes
    after: str = ""


def body_of(records: Iterable[str | Mapping[str, object]]) -> bytes:
    """Records as lines of JSON: text, or an object as Docker's json-file driver writes it."""
    return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)


class Delivery:
    """Sends parcels to one collector, one after the other."""

    def __init__(self, url: str, key: str | None = None, patience: float = 60.0) -> None:
        """`patience` is how long a parcel is tried again, in seconds; ValueError for what is no address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is no address: give http://HOST:PORT")
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/x-ndjson"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._patience = patience
        self._senders: dict[str, Sender] = {}
        self.stopping = threading.Event()

    def deliver(self, parcel: Parcel) -> str:
        """Returns once the parcel is stored, with the `after` of the next; raises Undelivered.

        One that is too large, for the collector or a proxy before it, goes in halves, the same if it is sent again.
        """
        headers = {"Idempotency-Key": parcel.name} | ({"Spanwise-After": parcel.after} if parcel.after else {})
        sender = self._sender(f"{self.url}/v1/lines?{urlencode(parcel.resource)}")
        until, pause = time.monotonic() + self._patience, _FIRST_PAUSE
        while True:
            verdict = sender.post(parcel.body, time.monotonic() + _TIMEOUT, headers)
            if verdict.ok:
                return _last(verdict.answer)
            if verdict.reason in _OF_THE_BODY:
                lines = parcel.body.splitlines(keepends=True)
                if verdict.reason == "HTTP 413" and len(lines) > 1:
                    return self._in_halves(parcel, lines)
                raise Rejected(f"{self.url} refused it: {_words(verdict)}", len(lines), parcel.after)
            if not verdict.retryable:
                raise Undelivered(f"{self.url} refused it: {_words(verdict)}")
            # Jitter, or all senders of a collector that comes back would come at once.
            wait = max(verdict.retry_after or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            if time.monotonic() + wait > until or self.stopping.wait(wait):
                raise Undelivered(f"{self.url} did not take it: {_words(verdict)}")
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def _in_halves(self, parcel: Parcel, lines: Sequence[bytes]) -> str:
        after, refused = parcel.after, list[Rejected]()
        for number, half in enumerate((lines[: len(lines) // 2], lines[len(lines) // 2 :])):
            try:
                after = self.deliver(replace(parcel, name=f"{parcel.name}.{number}", body=b"".join(half), after=after))
            except Rejected as error:
                refused.append(error)
                after = error.after
        if refused:
            raise Rejected(str(refused[0]), sum(each.records for each in refused), after)
        return after

    def close(self) -> None:
        for sender in self._senders.values():
            sender.close()

    def _sender(self, endpoint: str) -> Sender:
        if endpoint not in self._senders:
            if len(self._senders) >= _MOST_CONNECTIONS:
                self._senders.pop(next(iter(self._senders))).close()
            self._senders[endpoint] = Sender(endpoint, self._headers, proxy=proxy_for(endpoint))
        return self._senders[endpoint]


def _last(answer: bytes) -> str:
    """What a collector says of the last record; nothing where it is of an earlier version."""
    try:
        last = json.loads(answer)["last"]
    except (ValueError, KeyError, TypeError):
        return ""
    return last if isinstance(last, str) and last.isascii() and last.isprintable() and len(last) < 64 else ""


def _words(verdict: Verdict) -> str:
    said = verdict.answer[:300].decode("utf-8", "replace")
    return verdict.reason + (": " + printable(said) if said else "")
