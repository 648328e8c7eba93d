"""Every setting of the collector, its name, default and help, by what it is about."""

from spanwise_collector.settings.keeping import Keeping
from spanwise_collector.settings.place import Spooling
from spanwise_collector.settings.quantities import Address, zone_of
from spanwise_collector.settings.registry_address import RegistryAddress
from spanwise_collector.settings.store_address import StoreAddress
from spanwise_collector.settings.table import FolderSettings, Settings, parser

__all__ = [
    "Address",
    "FolderSettings",
    "Keeping",
    "RegistryAddress",
    "Settings",
    "Spooling",
    "StoreAddress",
    "parser",
    "zone_of",
]
