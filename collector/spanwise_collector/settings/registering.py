"""Where it is written who should be there."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from pydantic_settings import NoDecode

from spanwise_collector.settings.quantities import Duration
from spanwise_collector.settings.registry_address import RegistryAddress


def _addresses(given: Any) -> tuple[RegistryAddress, ...]:
    texts = given if isinstance(given, list | tuple) else [given]
    if not all(isinstance(each, str | RegistryAddress) for each in texts):
        raise ValueError("the addresses of registries")
    found: list[RegistryAddress] = []
    for each in texts:
        if isinstance(each, RegistryAddress):
            found.append(each)
        else:
            found += map(RegistryAddress.parse, each.split())
    return tuple(found)


class Registering(BaseModel):
    """Where it is written who should be there."""

    registry: Annotated[
        tuple[RegistryAddress, ...],
        NoDecode,
        BeforeValidator(_addresses),
        PlainSerializer(lambda all_: [*map(str, all_)]),
    ] = Field(
        (),
        description="Address of a registry of who should be there: consul://, etcd://, zookeeper://, kubernetes://, dns://"
        " or file: (docs/nodes.md). May be given several times, in the variable with spaces between them.",
    )
    registry_interval: Duration = Field(30.0, ge=1, description="Time between two readings of each registry.")
