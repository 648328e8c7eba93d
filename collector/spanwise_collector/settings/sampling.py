"""The sampling that tracers are told: a TOML file with a table for each service, `["*"]` for all others."""

import logging
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from spanwise_collector.errors import SettingError, excerpt

_log = logging.getLogger(__name__)
MAX_BYTES = 2**20
EVERYONE = "*"

Share = Annotated[float, Field(ge=0, le=1)]


class Sampling(BaseModel):
    """What one service is told; what is None is left to the service's own setting of that name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample: Annotated[Share | None, Field(description="Share of the traces that begin there which is kept.")] = None
    sample_rules: Annotated[
        dict[str, Share] | None,
        Field(description="Pattern of a span's name or path to share; the first that matches counts."),
    ] = None
    sample_rate: Annotated[
        Annotated[float, Field(ge=0)] | None,
        Field(description="Most traces a second and process that begin there and are kept."),
    ] = None


_FILE = TypeAdapter(dict[str, Sampling])


class SamplingFile:
    """The file's last good content, read again when its time or size changes; nothing where there is no file."""

    def __init__(self, path: Path | None) -> None:
        """Raises SettingError where the file cannot be used now; later it would only be logged."""
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._services: dict[str, Sampling] = {}
        if path is not None:
            self._stamp = _stamp(path)
            self._services = _read(path)

    def of(self, service: str) -> Sampling:
        """What a service is told: its own table, else the one for all others, else nothing."""
        self._refresh()
        return self._services.get(service) or self._services.get(EVERYONE) or Sampling()

    def _refresh(self) -> None:
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._services = _read(self._path)
        except SettingError as error:
            _log.warning("%s Tracers are told what it said before.", error)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _read(path: Path) -> dict[str, Sampling]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise SettingError(f"sampling: {path} is larger than {MAX_BYTES} bytes.")
        return _FILE.validate_python(tomllib.loads(data.decode()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise SettingError(f"sampling: {path} cannot be used: {excerpt(place)}: {first['msg']}.") from None
    except (OSError, ValueError) as error:
        raise SettingError(f"sampling: {path} cannot be used: {excerpt(str(error))}.") from None
