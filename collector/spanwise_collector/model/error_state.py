"""What people have said of a group of errors, and what has become of it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["open", "muted", "resolved"]
Until = Literal["again", "newer_version", "never"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A state that somebody has set at `changed` (ns), and what ends it.

    `again`: the next occurrence; `newer_version`: the next one in a version that is not in `versions`, those in which
    the error had been seen; `never`: a person. Occurrences until `after` (ns) were known and end nothing.
    """

    state: State
    until: Until
    changed: int
    after: int
    versions: frozenset[str]
    actor: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a group stands now; `regressed`: it was muted or resolved, and has come again since."""

    state: State = "open"
    regressed: bool = False


def standing(judged: Judged | None, last_seen: Mapping[str, int]) -> Standing:
    """How a group stands that was `last_seen` (ns) in these versions."""
    if judged is None or judged.state == "open":
        return Standing()
    since = {version for version, last in last_seen.items() if last > judged.after}
    if judged.until == "never" or not since - (judged.versions if judged.until == "newer_version" else set()):
        return Standing(judged.state)
    return Standing("open", regressed=True)
