"""Every setting: a flag, else a SPANWISE_* variable, else a key of ./spanwise.toml."""

import argparse
import tomllib
from pathlib import Path
from typing import NoReturn, Self

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from spanwise_collector.errors import SettingError, excerpt
from spanwise_collector.settings.judging import Judging
from spanwise_collector.settings.keeping import Keeping
from spanwise_collector.settings.listening import Listening
from spanwise_collector.settings.place import Place, Spooling
from spanwise_collector.settings.receiving import Receiving
from spanwise_collector.settings.registering import Registering

TOML_FILE = Path("spanwise.toml")


class _Sources(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SPANWISE_",
        frozen=True,
        arbitrary_types_allowed=True,
        env_ignore_empty=True,
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
    def _explained(cls, given: dict[str, object]) -> Self:
        try:
            return cls(**given)
        except ValidationError as error:
            raise _explain(error) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingError(f"{TOML_FILE} is not TOML: {excerpt(str(error))}.") from None


class FolderSettings(Keeping, Spooling, Place, _Sources):
    """What matters for work on a data folder while no collector runs on it; other settings are not looked at."""

    model_config = SettingsConfigDict(extra="ignore")

    @classmethod
    def of(cls, data: Path) -> Self:
        """Those of one folder, its environment and ./spanwise.toml; raises SettingError."""
        return cls._explained({"data": data})


class Settings(Judging, Registering, Keeping, Receiving, Spooling, Listening, Place, _Sources):
    """What a collector is started with."""

    model_config = SettingsConfigDict(extra="forbid")

    @classmethod
    def load(cls, argv: list[str]) -> Self:
        """The settings of a command line, its environment and ./spanwise.toml.

        Raises SettingError for the first thing that cannot be used. `--help` prints and raises SystemExit(0).
        """
        flags = {key: value for key, value in vars(parser().parse_args(argv)).items() if value is not None}
        settings = cls._explained(flags)
        settings._refuse_open_packets()
        return settings

    @property
    def reached_by_others(self) -> str | None:
        """The setting and the address that other machines can reach; None where there is none."""
        for name, address in (("http", self.http), ("grpc", self.grpc)):
            if not address.is_loopback:
                return f"{_spelled(name)}: {excerpt(str(address))}"
        return None

    def _refuse_open_packets(self) -> None:
        keyless = ("jaeger_compact_port", "jaeger_binary_port", "syslog_port", "fluent_port")
        packets = [name for name in keyless if getattr(self, name)]
        if packets and not (self.http.is_loopback or self.insecure):
            raise SettingError(
                f"{_spelled(packets[0])}: what comes in there can carry no key, and {excerpt(str(self.http))} can be"
                " reached from other machines. Expected a loopback address for --http, or --insecure beside it."
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
            action = "append" if name in ("registry", "threshold") else "store"
            made.add_argument(flag, dest=name, metavar=_metavar(name), action=action, help=text)
    return made


_METAVARS = {
    "data": "DIR",
    "backup_dir": "DIR",
    "notebook": "URL",
    "cors_origins": "LIST",
    "allowed_hosts": "LIST",
    "query_length": "COUNT",
    "query_rows": "COUNT",
    "query_terms": "COUNT",
    "query_depth": "COUNT",
    "structure_spans": "COUNT",
    "max_trace_spans": "COUNT",
    "drawn_spans": "COUNT",
    "facet_rows": "COUNT",
    "map_rows": "COUNT",
    "map_nodes": "COUNT",
    "catalogue_entries": "COUNT",
    "export_rows": "COUNT",
    "max_log_records": "COUNT",
    "loki_max_labels": "COUNT",
    "store_quorum": "COUNT",
    "store": "URL",
    "registry": "URL",
    "threshold": "NAME=VALUE",
    "cluster": "NAME",
    "sampling": "FILE",
    "log_zone": "ZONE",
}


def _metavar(name: str) -> str:
    if name in ("http", "grpc"):
        return "HOST:PORT"
    if name.endswith("_port"):
        return "PORT"
    if name.endswith(("_bytes", "_memory")):
        return "SIZE"
    return _METAVARS.get(name, "TIME")


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool | str | SecretStr):
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
    if name in ("store", "registry"):
        return SettingError(
            f"{_spelled(name)}: what is given cannot be used, and may hold a password; expected {expected}."
        )
    return SettingError(f"{_spelled(name)}: '{excerpt(str(first['input']))}' cannot be used; expected {expected}.")
