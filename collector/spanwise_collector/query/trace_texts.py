"""The texts of a trace's spans, each once: rows come with hashes of them, and those of many spans without a text."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select

from spanwise_collector.errors import StoreError
from spanwise_collector.query.trace_place import Place
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import hash_of, spans
from spanwise_collector.trace.clocks import HOST
from spanwise_collector.trace.columns import U64, Rows


def _host() -> ColumnElement[str]:
    """As trace.clocks.host_of."""
    named = [func.arrayElement(spans.c.resource_attributes, key) for key in HOST]
    kept = [part for each in named for part in (each != "", each)]
    own = func.if_(spans.c.instance != "", spans.c.instance, spans.c.service)
    found: ColumnElement[str] = func.toString(func.multiIf(*kept, own))
    return found


_TEXTS: Final[Mapping[str, ColumnElement[str]]] = {
    "service": spans.c.service,
    "instance": spans.c.instance,
    "scope": spans.c.scope_name,
    "name": spans.c.name,
    "host": _host(),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """By what they are: the texts in order, and the hash of each."""

    lists: Mapping[str, list[str]]
    hashes: Mapping[str, U64]

    def codes(self, what: str, hashed: U64) -> Rows:
        """The places of the texts with these hashes; raises StoreError where one is of none of them."""
        known = self.hashes[what]
        order = np.argsort(known)
        at = order[np.minimum(np.searchsorted(known[order], hashed), len(known) - 1)]
        if (known[at] != hashed).any():
            raise StoreError("Spans of this trace went from the store while it was read: ask again.")
        return at

    def hash(self, what: str, text: str) -> int:
        """The hash of a text; 0 of one that the trace does not have."""
        at = bisect_left(self.lists[what], text)
        return int(self.hashes[what][at]) if self.lists[what][at : at + 1] == [text] else 0

    def knowing(self, more: Mapping[str, Iterable[str]]) -> "Texts":
        """With these texts too; those that no row has, as all its rows are known, get numbers in place of hashes."""
        pairs = {}
        for what, texts in self.lists.items():
            hashed = self.hashes[what].tolist()
            taken = set(hashed)
            new = sorted(set(more[what]).difference(texts))
            free = islice((number for number in count(1) if number not in taken), len(new))
            pairs[what] = [*zip(texts, hashed, strict=True), *zip(new, free, strict=True)]
        return _texts(pairs)


def hashes() -> list[ColumnElement[Any]]:
    """The columns of hashes, under the names that `Texts.lists` has."""
    return [hash_of(column).label(what) for what, column in _TEXTS.items()]


def in_rows() -> list[ColumnElement[Any]]:
    """The texts beside their hashes, for `texts_of`."""
    return [func.toString(column).label(_of(what)) for what, column in _TEXTS.items()]


def texts_of(rows: NDArray[np.void]) -> Texts:
    """All texts of rows that were read with them."""
    return _texts({what: set(zip(rows[_of(what)].tolist(), rows[what].tolist(), strict=True)) for what in _TEXTS})


def read_texts(engine: Engine, place: Place) -> Texts:
    """All texts of the trace; asked for after its rows, it has those of all of them."""
    columns = [func.groupUniqArray(func.tuple(column, hash_of(column))).label(what) for what, column in _TEXTS.items()]
    row = engine.read(select(*columns).where(*place.within()))[0]._mapping
    return _texts({what: row[what] for what in _TEXTS})


def _of(what: str) -> str:
    return f"{what}_text"


def _texts(found: Mapping[str, Iterable[tuple[str, int]]]) -> Texts:
    pairs = {what: sorted(found[what]) or [("", 0)] for what in _TEXTS}
    return Texts(
        {what: [text for text, _ in pairs[what]] for what in pairs},
        {what: np.array([hashed for _, hashed in pairs[what]], dtype=np.uint64) for what in pairs},
    )
