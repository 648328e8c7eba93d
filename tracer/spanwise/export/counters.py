"""What became of every span and log record: nothing is dropped without being counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Counts of one signal in this process; `created` = `exported` + `dropped` + those still queued."""

    created: int = 0
    exported: int = 0
    retried: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, int]:
        """The counts under flat names, drops by reason as `dropped.REASON`."""
        counts = {"created": self.created, "exported": self.exported, "retried": self.retried}
        return counts | {f"dropped.{reason}": count for reason, count in sorted(self.dropped.items()) if count}
