"""How settings are written: sizes, times and addresses."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_settings import NoDecode

_SIZES = {
    "": 1,
    "b": 1,
    "k": 2**10,
    "kib": 2**10,
    "m": 2**20,
    "mib": 2**20,
    "g": 2**30,
    "gib": 2**30,
    "t": 2**40,
}
_SIZES |= {"tib": 2**40, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_TIMES = {"": 1.0, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")


@dataclass(frozen=True, slots=True)
class Address:
    """HOST:PORT, with an IPv6 host in brackets; port 0 asks the system for a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Raises ValueError unless `text` is HOST:PORT."""
        if isinstance(text, cls):
            return text
        host, colon, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
        if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535 or not host:
            raise ValueError("HOST:PORT, such as 127.0.0.1:4318 or [::1]:4318")
        bracketed = host.startswith("[") and host.endswith("]")
        if ":" in host and not bracketed:
            raise ValueError("HOST:PORT with an IPv6 host in brackets, such as [::1]:4318")
        return cls(host[1:-1] if bracketed else host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it. Names other than `localhost` count as reachable."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _quantity(units: dict[str, Any], expected: str) -> BeforeValidator:
    def parse(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(expected)
        match = _QUANTITY.fullmatch(str(value))
        if match is None or match[2].lower() not in units:
            raise ValueError(expected)
        return float(match[1]) * units[match[2].lower()]

    return BeforeValidator(parse)


def zone_of(name: str) -> tzinfo:
    """A zone by its name in the time zone database, or as +HH:MM; ValueError for what is neither."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    if (match := _OFFSET.fullmatch(name)) is not None:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(offset if match[1] == "+" else -offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("the name of a time zone, such as Europe/Berlin, or an offset such as +02:00") from None


def _zone(name: str) -> str:
    zone_of(name)
    return name


Size = Annotated[int, _quantity(_SIZES, "a size, such as 67108864, 64MiB or 4GiB")]
Duration = Annotated[float, _quantity(_TIMES, "a time, such as 0.3, 300ms, 30s, 10m or 1h")]
Zone = Annotated[str, AfterValidator(_zone)]
# A variable holds it as it is, and not in JSON as other objects.
HostPort = Annotated[Address, NoDecode, BeforeValidator(Address.parse), PlainSerializer(str)]
