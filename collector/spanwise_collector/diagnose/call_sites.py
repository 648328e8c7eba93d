"""Where in its parent each call is made: calls of one name, of several services, are told apart by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.parentage import Parentage
from spanwise_collector.trace.columns import Mask, Rows, groups

# What is called more often in a loop is one place.
_APART: Final = 8


@dataclass(frozen=True, slots=True)
class CallSites:
    """Spans with their sites, places in `names`: each a service and instance with a call and what it is made by."""

    span: Rows
    site: Rows
    names: Sequence[Operation]


def call_sites(operations: Sequence[Operation], operation: Rows, family: Parentage, chosen: Mask) -> CallSites:
    """The sites of the `chosen` children: by parent's operation, by their own, and the how manieth of it they are.

    `operation` is that of every span, a place in `operations`.
    """
    owner, child = family.owner[chosen], family.child[chosen]
    own = operation[child]
    # Children stand as they begin, and the sort keeps that.
    order = np.lexsort((own, owner))
    owner, child, own = owner[order], child[order], own[order]
    _, begins = groups(owner * len(operations) + own)
    nth = np.minimum(np.arange(len(child)) - begins, _APART - 1)
    found, site = np.unique((operation[owner] * len(operations) + own) * _APART + nth, return_inverse=True)
    names = []
    for each in found.tolist():
        pair, number = divmod(each, _APART)
        parent, call = divmod(pair, len(operations))
        service, instance, name = operations[call]
        names.append(Operation(service, instance, _named(name, operations[parent].name, number)))
    return CallSites(child, site, names)


def _named(call: str, parent: str, number: int) -> str:
    return f"{call} below {parent}" if not number else f"{call} (call {number + 1}) below {parent}"
