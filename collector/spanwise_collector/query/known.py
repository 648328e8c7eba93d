"""What is written down about a project: when something was broken in it, and what was deployed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.coincidence import LATEST_AFTER, LONGEST_BEFORE, Deploy
from spanwise_collector.notebook import Notebook, deploys, problems

_MOST_DEPLOYS: Final = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """Both are asked with a project, a start and an end (ns): times (from, until) of trouble, and deploys."""

    troubled: Callable[[str, int, int], Sequence[tuple[int, int]]] = lambda project, start, end: ()
    deploys: Callable[[str, int, int], Sequence[Deploy]] = lambda project, start, end: ()


NOTHING_KNOWN: Final = Known()


def known(notebook: Notebook) -> Known:
    """What a notebook says; of deploys those that may coincide with what began from `start` to `end`."""

    def troubled(project: str, start: int, end: int) -> Sequence[tuple[int, int]]:
        return problems.troubled(notebook, project, start, end)

    def deployed(project: str, start: int, end: int) -> Sequence[Deploy]:
        first, last = max(0, start - LONGEST_BEFORE), end + LATEST_AFTER
        found = deploys.between(notebook, project, first, last, None, _MOST_DEPLOYS)
        return [Deploy(each.id, each.service, each.version, each.time, each.note) for each in found]

    return Known(troubled, deployed)
