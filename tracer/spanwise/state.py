"""What `init` set up in this process, in one place; everything is None or off before that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from spanwise.export.exporter import Exporter
    from spanwise.propagation.propagator import Propagator
    from spanwise.settings import Settings


@dataclass(slots=True)
class Active:
    """The parts of a tracer that was set up."""

    settings: Settings
    propagator: Propagator
    exporter: Exporter
    tracer: Tracer


active: Active | None = None
