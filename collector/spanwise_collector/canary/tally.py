"""What was written, and how each way of reading gave it back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Facts = tuple[object, ...]

VIEWS: Final = ("trace_by_id", "trace_by_search", "spans_by_rollup", "logs_by_trace_id", "logs_by_search")


@dataclass(slots=True)
class View:
    """One way of reading; all counts should stay 0. `slowest_seconds` is from acknowledgement to finding."""

    missing: int = 0
    duplicate: int = 0
    different: int = 0
    late: int = 0
    slowest_seconds: float = 0.0

    @property
    def clean(self) -> bool:
        return not (self.missing or self.duplicate or self.different or self.late)

    def compare(self, what: str, wanted: Mapping[str, Facts], found: Sequence[tuple[str, Facts]]) -> Iterator[str]:
        """Count what is wrong with what was found under each key; a sentence for each."""
        seen: dict[str, Facts] = {}
        for key, facts in found:
            if key in seen:
                self.duplicate += 1
                yield f"{what} {key} is there twice."
            elif key not in wanted:
                self.different += 1
                yield f"{what} {key} was never written: {facts}."
            seen.setdefault(key, facts)
        for key, facts in wanted.items():
            if key not in seen:
                self.missing += 1
                yield f"{what} {key} was acknowledged and is missing."
            elif seen[key] != facts:
                self.different += 1
                yield f"{what} {key} came back as {seen[key]}, not {facts}."


@dataclass(slots=True)
class Tally:
    """All rounds so far; `sentences` are of the last one."""

    spans: int = 0
    logs: int = 0
    refused: int = 0
    views: dict[str, View] = field(default_factory=lambda: {name: View() for name in VIEWS})
    sentences: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return all(view.clean for view in self.views.values())
