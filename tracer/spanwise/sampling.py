"""Which traces are kept."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from typing import TYPE_CHECKING
from weakref import WeakSet

from opentelemetry import trace
from opentelemetry.context import Context, get_value
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState

from spanwise.propagation.b3 import Decision as Wish
from spanwise.propagation.propagator import DECISION_KEY

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes

    from spanwise.settings import Settings


class WishAware(Sampler):
    """Follows the caller's decision, also one that B3 sent without ids; decides where it was left open."""

    def __init__(self, root: Sampler = ALWAYS_ON) -> None:
        self._root = root
        self._parent_based = ParentBased(root)

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
        """Drop, or record and sample; never raises."""
        parent = trace.get_current_span(parent_context).get_span_context()
        wish = get_value(DECISION_KEY, parent_context)
        if wish is None or (parent.is_valid and not parent.is_remote):
            return self._parent_based.should_sample(
                parent_context, trace_id, name, kind, attributes, links, trace_state
            )
        if wish is Wish.DEFER:
            return self._root.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        decision = Decision.DROP if wish is Wish.DENY else Decision.RECORD_AND_SAMPLE
        return SamplingResult(decision, attributes, parent.trace_state)

    def get_description(self) -> str:
        """What this sampler does, for people."""
        return f"WishAware({self._root.get_description()})"


class Root(Sampler):
    """Decides for traces that begin here: by ratio, which rules may replace by name or path, and by rate.

    Rules map glob patterns to ratios; the first that matches the span's name or its `url.path` counts.
    `rate` is the most traces a second that are kept.
    """

    def __init__(
        self,
        ratio: float = 1.0,
        rules: Mapping[str, float] | None = None,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._default = TraceIdRatioBased(ratio)
        self._rules = [(re.compile(translate(glob)), TraceIdRatioBased(share)) for glob, share in (rules or {}).items()]
        self._bucket = Bucket(rate, clock) if rate is not None else None

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
        """Drop, or record and sample; never raises."""
        chosen = self._choose(name, str((attributes or {}).get("url.path", "")))
        result = chosen.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is Decision.RECORD_AND_SAMPLE and self._bucket is not None and not self._bucket.take():
            return SamplingResult(Decision.DROP, None, result.trace_state)
        return result

    def _choose(self, name: str, path: str) -> Sampler:
        for pattern, sampler in self._rules:
            if pattern.match(name) or pattern.match(path):
                return sampler
        return self._default

    def get_description(self) -> str:
        """What this sampler does, for people."""
        return f"Root({self._default.get_description()}, {len(self._rules)} rules)"


_buckets: WeakSet[Bucket] = WeakSet()


def _after_fork() -> None:
    for bucket in list(_buckets):
        bucket.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Bucket:
    """A token bucket: `rate` tokens a second, and at most one second's worth, at least one, at once."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._room = max(1.0, rate)
        self._tokens = self._room if rate > 0 else 0.0
        self._last = clock()
        self._lock = threading.Lock()
        _buckets.add(self)

    def after_fork(self) -> None:
        """In a child: nobody is left who would give the lock back, if another thread held it."""
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token if there is one."""
        with self._lock:
            now = self._clock()
            if self._rate > 0:
                self._tokens = min(self._room, self._tokens + (now - self._last) * self._rate)
            self._last = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


def from_settings(settings: Settings, service: str) -> Sampler:
    """The sampler that the settings describe, which the collector's replace from time to time where that is on."""
    if settings.sampling_interval is not None:
        from spanwise.remote import Remote

        return WishAware(Remote(settings, service))
    plain = settings.sample == 1.0 and not settings.sample_rules and settings.sample_rate is None
    return WishAware() if plain else WishAware(Root(settings.sample, settings.sample_rules, settings.sample_rate))
