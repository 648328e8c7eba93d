"""Every setting of the collector, its name, default and help, by what it is about."""

from spanwise_collector.settings.quantities import Address, zone_of
from spanwise_collector.settings.registry_address import RegistryAddress
from spanwise_collector.settings.store_address import StoreAddress
from spanwise_collector.settings.table import Settings, parser

__all__ = ["Address", "RegistryAddress", "Settings", "StoreAddress", "parser", "zone_of"]
