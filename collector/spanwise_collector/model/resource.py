"""Where telemetry comes from: the resource and the instrumentation scope."""

from dataclasses import dataclass, field
from typing import Final

from spanwise_collector.model.value import Attributes


@dataclass(frozen=True, slots=True)
class EntityRef:
    """Which attributes of a resource name an entity (opentelemetry-proto common.v1.EntityRef)."""

    type: str
    id_keys: tuple[str, ...] = ()
    description_keys: tuple[str, ...] = ()
    schema_url: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """The service instance that sent a span or log record (opentelemetry-proto resource.v1.Resource)."""

    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    entity_refs: tuple[EntityRef, ...] = ()
    schema_url: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The library that made a span or log record (opentelemetry-proto common.v1.InstrumentationScope)."""

    name: str = ""
    version: str = ""
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    schema_url: str = ""


NO_RESOURCE: Final = Resource()
NO_SCOPE: Final = Scope()
