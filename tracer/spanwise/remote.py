"""Sampling settings that the collector gives: asked for every `sampling_interval` seconds, off by default."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState

from spanwise.export.proxy import proxy_for
from spanwise.export.sender import Sender
from spanwise.guard import logger
from spanwise.sampling import Root
from spanwise.settings import SettingsError, check_shares

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes

    from spanwise.settings import Settings

PATH = "/api/v1/sampling"
GIVEN = ("sample", "sample_rules", "sample_rate")


class Remote(Sampler):
    """Decides by this process's own settings until the collector has given others, and by its last good ones after.

    The thread that asks starts with the first decision of each process, forks included, and never holds an exit up.
    """

    def __init__(self, settings: Settings, service: str) -> None:
        self._own: dict[str, Any] = {name: getattr(settings, name) for name in GIVEN}
        self._applied = self._own
        self._root = Root(**_arguments(self._own))
        self._interval = settings.sampling_interval or 60.0
        self._timeout = settings.timeout
        self._said = ""
        address = f"{settings.endpoint}{PATH}?service={quote(service, safe='')}"
        self._sender = Sender(
            address, settings.headers, compress=False, certificate=settings.certificate, proxy=proxy_for(address)
        )
        self._pid = 0

    def should_sample(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Drop, or record and sample; never raises, never waits for the collector."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._start()
        return self._root.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def _start(self) -> None:
        try:
            threading.Thread(target=self._run, name="spanwise-sampling", daemon=True).start()
        except RuntimeError:
            logger.debug("spanwise: the interpreter is shutting down; sampling stays as it is")

    def _run(self) -> None:
        while True:
            trouble = self.refresh()
            if trouble and trouble != self._said:
                logger.warning("spanwise: sampling stays as it is: %s answers %s", self._sender.endpoint, trouble)
            self._said = trouble
            # Jitter, so that a fleet that was started together does not ask together.
            time.sleep(self._interval * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret

    def refresh(self) -> str:
        """Ask once and apply the answer; what was wrong with it, or nothing."""
        verdict = self._sender.get(time.monotonic() + self._timeout)
        self._sender.close()  # it would be idle until the next time, and forks would have a copy
        if not verdict.ok:
            return verdict.reason
        try:
            given = self._merged(json.loads(verdict.answer))
            if given != self._applied:
                # Only then: a new bucket would let a second's worth of traces through.
                self._root, self._applied = Root(**_arguments(given)), given
                logger.info("spanwise: sampling is now %s", given)
        except Exception as error:  # whatever an answer does to us, the next one is asked for
            return f"what cannot be used: {str(error)[:200]!r}"
        return ""

    def _merged(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Our own settings where the collector leaves them open; raises for what cannot be used."""
        merged = {name: own if (given := answer.get(name)) is None else given for name, own in self._own.items()}
        merged["sample"] = float(merged["sample"])
        merged["sample_rules"] = {str(name): float(share) for name, share in merged["sample_rules"].items()}
        check_shares(merged["sample"], merged["sample_rules"])
        if merged["sample_rate"] is not None:
            merged["sample_rate"] = float(merged["sample_rate"])
            if not merged["sample_rate"] >= 0:
                raise SettingsError("sample_rate: is no number from 0 on")
        return merged

    def get_description(self) -> str:
        """What this sampler does, for people."""
        return f"Remote({self._root.get_description()})"


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"ratio": float(given["sample"]), "rules": given["sample_rules"], "rate": given["sample_rate"]}
