"""The last look for what is broken in each project, for every collector that shares the notebook."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import LastLook

_LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was looked at: from `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int
    traces: int
    spans: int
    records: int


@dataclass(frozen=True, slots=True)
class Looked:
    """When, how it went, at what, against what, how long it took (ns), and why it failed."""

    time: int
    outcome: str
    window: Stretch | None
    baseline: Stretch | None
    took: int
    error: str


def last(notebook: Notebook, store: str, project: str) -> Looked | None:
    """The last look at a project of a store; None where nobody has looked."""
    with notebook.page() as page:
        row = page.get(LastLook, (store[:_LONGEST], project))
    if row is None:
        return None
    said = json.loads(row.said)
    stretches = {key: None if said[key] is None else Stretch(**said[key]) for key in ("window", "baseline")}
    return Looked(**(said | stretches))


def note(notebook: Notebook, store: str, project: str, looked: Looked) -> None:
    """Write a look down in the place of the one before."""
    with notebook.page() as page:
        page.merge(LastLook(store=store[:_LONGEST], project=project, said=json.dumps(asdict(looked))))
