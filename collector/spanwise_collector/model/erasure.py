"""What is to be deleted, and how far that has come."""

from dataclasses import dataclass, field
from typing import Final, Literal

ALWAYS: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Erasure:
    """A wish that telemetry be gone: a whole trace, or every record that has an attribute of a value.

    Either `trace_id` (32 hex digits) or `key` is set; the key `service` is the service's name. `start` and `end` bound
    the record's own time, `asked` the time of arrival: what comes later is not touched. All in nanoseconds.
    """

    project: str
    asked: int
    trace_id: str = ""
    key: str = ""
    value: str = ""
    start: int = 0
    end: int = ALWAYS

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The bytes by which the data would be known where it cannot be read."""
        if self.trace_id:
            return bytes.fromhex(self.trace_id), self.trace_id.encode()
        return (self.value.encode(),) if self.value else ()


@dataclass(slots=True)
class ErasureState:
    """How far an erasure has come; `counts` are rows by table, `segments` what was set aside and held some of it."""

    id: str
    project: str
    state: Literal["waiting", "erasing", "done"] = "waiting"
    step: str = ""
    error: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    segments: int = 0
