"""Every setting in one table: a flag, else a SPANWISE_* variable, else a key of ./spanwise.toml."""

import argparse
import ipaddress
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from spanwise_collector.errors import SettingError, excerpt

TOML_FILE = Path("spanwise.toml")

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


Size = Annotated[int, _quantity(_SIZES, "a size, such as 67108864, 64MiB or 4GiB")]
Duration = Annotated[float, _quantity(_TIMES, "a time, such as 0.3, 300ms, 30s, 10m or 1h")]
# A variable holds it as it is, and not in JSON as other objects.
HostPort = Annotated[Address, NoDecode, BeforeValidator(Address.parse), PlainSerializer(str)]


class Settings(BaseSettings):
    """What a collector is started with."""

    model_config = SettingsConfigDict(
        env_prefix="SPANWISE_",
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        env_ignore_empty=True,
    )

    data: Path = Field(Path("spanwise-data"), description="Folder of everything the collector keeps.")
    http: HostPort = Field(
        Address.parse("127.0.0.1:4318"),
        description="HOST:PORT of OTLP/HTTP, the other HTTP protocols, the API and the web view.",
    )
    grpc: HostPort = Field(Address.parse("127.0.0.1:4317"), description="HOST:PORT of OTLP/gRPC.")
    insecure: bool = Field(
        False,
        description="Listen on addresses that other machines can reach, although no key protects them yet.",
    )
    cors_origins: str = Field(
        "", description="Origins of web pages that may send telemetry, separated by commas; none by default."
    )
    max_body_bytes: Size = Field(
        64 * 2**20,
        ge=1024,
        description="Largest body of one request, after inflating; a larger one gets 413.",
    )
    max_inflight_bytes: Size = Field(
        256 * 2**20,
        ge=1024,
        description="Most bytes of bodies in memory at one time; requests beyond it get 429 and come back.",
    )
    read_timeout: Duration = Field(30.0, gt=0, description="Time for a body to arrive; a slower one gets 408.")
    spool_segment_bytes: Size = Field(
        32 * 2**20, ge=4096, description="Size at which a file of the spool is closed and given to the store."
    )
    spool_segment_age: Duration = Field(
        0.3, gt=0, description="Age at which a file of the spool is closed and given to the store."
    )
    spool_max_bytes: Size = Field(
        4 * 2**30,
        ge=2**20,
        description="Most that may wait for the store; beyond it senders get 429 and come back.",
    )
    spool_brake_bytes: Size = Field(
        64 * 2**20,
        ge=2**20,
        description="What may wait for the store before answers are held back, up to a second, to slow senders.",
    )
    resend_window: Duration = Field(
        600.0,
        ge=0,
        description="Time within which a body that is sent again is answered without being stored again.",
    )
    store_memory: Size = Field(
        1024 * 2**20,
        ge=256 * 2**20,
        description="Most memory that the embedded store may use, inserts and queries together.",
    )
    query_memory: Size = Field(512 * 2**20, ge=2**20, description="Most memory that one query may use.")
    query_timeout: Duration = Field(10.0, gt=0, description="Time after which a query is given up.")
    max_trace_spans: int = Field(
        100_000, ge=1, description="Most spans of one trace in one answer; the answer says when there are more."
    )
    retention: Duration = Field(
        7 * 86400.0, gt=0, description="Time after its arrival for which telemetry is kept, in whole days (UTC)."
    )
    retention_bytes: Size = Field(
        100 * 2**30,
        ge=2**20,
        description="Most room that stored telemetry may take; beyond it the oldest days go, but never the newest.",
    )
    stop_timeout: Duration = Field(10.0, gt=0, description="Time that running requests are given to end at a stop.")

    zipkin_port: int = Field(
        0,
        ge=0,
        lt=2**16,
        description="Port of --http's host to take Zipkin's spans on too, 9411 by its custom; 0: none.",
    )
    jaeger_http_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --http's host to take Jaeger's thrift on too, 14268 by custom; 0: none."
    )
    jaeger_compact_port: int = Field(
        0,
        ge=0,
        lt=2**16,
        description="UDP port of --http's host for Jaeger's compact packets, 6831 by custom; 0: none.",
    )
    jaeger_binary_port: int = Field(
        0, ge=0, lt=2**16, description="UDP port of --http's host for Jaeger's binary packets, 6832 by custom; 0: none."
    )
    jaeger_grpc_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --grpc's host for Jaeger's PostSpans, 14250 by custom; 0: none."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, TOML_FILE)

    @classmethod
    def load(cls, argv: list[str]) -> Self:
        """The settings of a command line, its environment and ./spanwise.toml.

        Raises SettingError for the first thing that cannot be used. `--help` prints and raises SystemExit(0).
        """
        flags = {key: value for key, value in vars(parser().parse_args(argv)).items() if value is not None}
        try:
            settings = cls(**flags)
        except ValidationError as error:
            raise _explain(error) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingError(f"{TOML_FILE} is not TOML: {excerpt(str(error))}.") from None
        settings._refuse_open_doors()
        return settings

    def _refuse_open_doors(self) -> None:
        for name, address in (("http", self.http), ("grpc", self.grpc)):
            if not (address.is_loopback or self.insecure):
                raise SettingError(
                    f"{_spelled(name)}: {excerpt(str(address))} can be reached from other machines, and "
                    "the keys that would protect it come in a later version. Expected a loopback address "
                    "such as 127.0.0.1, or --insecure beside it."
                )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message}. See --help.")


def parser() -> argparse.ArgumentParser:
    """The command line of `Settings`, for `load` and for the documentation."""
    made = _Parser(
        prog="spanwise up",
        allow_abbrev=False,
        description="Start the collector, its store and the web view in one process.",
        epilog="Every flag is also a variable (--spool-max-bytes: SPANWISE_SPOOL_MAX_BYTES) and a key of "
        "./spanwise.toml (spool_max_bytes). A flag wins over a variable, a variable over the file.",
    )
    for name, field in Settings.model_fields.items():
        flag, text = (
            f"--{name.replace('_', '-')}",
            f"{field.description} [{_shown(field.default)}]".replace("%", "%%"),
        )
        if field.annotation is bool:
            made.add_argument(flag, dest=name, action="store_const", const=True, help=field.description)
        else:
            made.add_argument(flag, dest=name, metavar=_metavar(name), help=text)
    return made


def _metavar(name: str) -> str:
    if name in ("http", "grpc"):
        return "HOST:PORT"
    if name.endswith("_port"):
        return "PORT"
    if name.endswith(("_bytes", "_memory")):
        return "SIZE"
    return {"data": "DIR", "cors_origins": "LIST", "max_trace_spans": "COUNT"}.get(name, "TIME")


def _shown(value: object) -> str:
    if isinstance(value, bool | str):
        return str(value) or "none"
    if isinstance(value, int):
        units = ((30, "GiB"), (20, "MiB"), (10, "KiB")) if value else ()
        return next((f"{value >> shift}{unit}" for shift, unit in units if value % (1 << shift) == 0), str(value))
    return f"{value:g}s" if isinstance(value, float) else str(value)


def _spelled(name: str) -> str:
    return f"--{name.replace('_', '-')} (SPANWISE_{name.upper()}, {name} in {TOML_FILE})"


def _explain(error: ValidationError) -> SettingError:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return SettingError(f"{TOML_FILE} has the key '{excerpt(name)}', which is no setting. See --help.")
    expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return SettingError(f"{_spelled(name)}: '{excerpt(str(first['input']))}' cannot be used; expected {expected}.")
