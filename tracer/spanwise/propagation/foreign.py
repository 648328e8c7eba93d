"""Jaeger's `uber-trace-id` and AWS X-Ray, from the OpenTelemetry packages that exist for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator

from spanwise.settings import SettingsError

PACKAGES = {"jaeger": "opentelemetry-propagator-jaeger", "xray": "opentelemetry-propagator-aws-xray"}


class Foreign:
    """One such format; `names` are its headers in lower case."""

    def __init__(self, kind: str) -> None:
        found = list(entry_points(group="opentelemetry_propagator", name=kind))
        if not found:
            raise SettingsError(f"{kind!r} headers need a package: pip install {PACKAGES[kind]}")
        self._propagator: TextMapPropagator = found[0].load()()
        self._names = {name.lower(): name for name in self._propagator.fields}
        self.names = tuple(self._names)

    def read(self, fields: Mapping[str, Sequence[str]], context: Context) -> Context | None:
        """The context that continues the caller's trace, or None when the headers hold no valid parent."""
        carrier = {self._names[name]: values[0] for name, values in fields.items() if name in self._names and values}
        if not carrier:
            return None
        extracted = self._propagator.extract(carrier, context)
        return extracted if trace.get_current_span(extracted).get_span_context().is_valid else None

    def write(self, headers: dict[str, str], _span: trace.SpanContext, context: Context | None) -> None:
        """Write the headers of the context's span."""
        self._propagator.inject(headers, context)
