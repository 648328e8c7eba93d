"""Which spans are whose children, and how much of each its children cover, for the spans of many traces at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spanwise_collector.diagnose.span_numbers import SpanNumbers
from spanwise_collector.model.span import CLIENT, SERVER
from spanwise_collector.trace.columns import I32, I64, U64, Rows, groups, most_before

# Of spans that share an id, and are no client and server, so many are taken for the parents of what names it: any
# number of them could share it with any number of children.
_SHARING: Final = 2


@dataclass(frozen=True, slots=True)
class Parentage:
    """Each child with its owner, by owner and then as children begin; and of every span the time that is covered (ns).

    Of a client and a server that share an id (B3) the server is the client's child, and has the children. Else children
    of an id that several spans share are those of each.
    """

    owner: Rows
    child: Rows
    covered: I64


def parentage(spans: SpanNumbers) -> Parentage:
    """Whose child each span is; the order of the spans plays no part."""
    began, ended = spans.began, spans.ended
    owner, child = _pairs(spans)
    order = np.lexsort((began[child], owner))
    owner, child = owner[order], child[order]
    child = _settled(owner, child, spans)
    first, _ = groups(owner)
    to = np.minimum(ended[child], ended[owner])
    reached = np.where(first, began[owner], np.maximum(began[owner], most_before(first, to)))
    covers = np.maximum(0, to - np.maximum(began[child], reached))
    covered = np.bincount(owner, covers, minlength=len(began)).astype(np.int64)
    return Parentage(owner, child, covered)


def _pairs(spans: SpanNumbers) -> tuple[Rows, Rows]:
    key, parent = spans.key, spans.parent
    order = np.argsort(key)
    child = parent != 0
    served = np.zeros(len(key), dtype=np.bool_)
    caller, callee = order[:0], order[:0]
    if (key[order[1:]] == key[order[:-1]]).any():
        order = np.lexsort((spans.failed, spans.operation, spans.ended, spans.began, spans.kind != SERVER, key))
        caller, callee = _sharing(key, spans.kind, order)
        served[callee] = True
        child &= ~served
    known = key[order]
    children = np.flatnonzero(child)
    children = children[np.argsort(parent[children])]
    wanted = parent[children]
    from_ = np.searchsorted(known, wanted)
    owners = np.minimum(np.searchsorted(known, wanted, side="right") - from_, _SHARING)
    # A server stands before the client that shares its id.
    paired = served[order[np.minimum(from_, len(order) - 1)]]
    owners = np.where(paired, np.minimum(owners, 1), owners)
    begins = np.cumsum(owners) - owners
    places = np.repeat(from_ - begins, owners) + np.arange(int(owners.sum()))
    return np.append(order[places], caller), np.append(np.repeat(children, owners), callee)


def _sharing(key: U64, kind: I32, order: Rows) -> tuple[Rows, Rows]:
    """Clients and the servers that share their ids; of several clients of an id the first in `order`, by id."""
    clients, servers = order[kind[order] == CLIENT], np.flatnonzero(kind == SERVER)
    if not len(clients):
        return clients, clients
    first = clients[np.minimum(np.searchsorted(key[clients], key[servers]), len(clients) - 1)]
    shared = key[first] == key[servers]
    return first[shared], servers[shared]


def _settled(owner: Rows, child: Rows, spans: SpanNumbers) -> Rows:
    """Children in the order of all that is known of them, where some of one parent began together."""
    began = spans.began
    tied = (owner[1:] == owner[:-1]) & (began[child[1:]] == began[child[:-1]])
    if not tied.any():
        return child
    places = np.flatnonzero(np.isin(owner, owner[1:][tied]))
    some = child[places]
    sorted_ = np.lexsort((spans.failed[some], spans.operation[some], spans.ended[some], began[some], owner[places]))
    child = child.copy()
    child[places] = some[sorted_]
    return child
