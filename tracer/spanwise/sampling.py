"""Which traces are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context, get_value
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState

from spanwise.propagation.b3 import Decision as Wish
from spanwise.propagation.propagator import DECISION_KEY

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes


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
            return self._root.should_sample(
                parent_context, trace_id, name, kind, attributes, links, trace_state
            )
        decision = Decision.DROP if wish is Wish.DENY else Decision.RECORD_AND_SAMPLE
        return SamplingResult(decision, attributes, parent.trace_state)

    def get_description(self) -> str:
        """What this sampler does, for people."""
        return f"WishAware({self._root.get_description()})"
