"""The screens of the web view, and what each says in each of its states, of the system that `seeded.py` sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.e2e.seeded import DRAWN, LONG

# Nothing of the requests is in it.
_THEN: Final = "from=now-48h&to=now-24h"


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen, what it asks for first of all (below api/v1), and what it says in each of its states.

    `empty` and `part` are the addresses where nothing and not all is found; `cut` makes a list end after so many.
    """

    address: str
    asks: str
    whole: str
    loading: str
    error: str
    first_run: str
    empty: str = ""
    nothing: str = ""
    part: str = ""
    cut: int | None = None
    partial: str = ""
    stale: bool = True


_START: Final = "Send the first trace"

SCREENS: Final = {
    "home": Screen(
        "/",
        "services",
        whole="Every number leads to the traces behind it.",
        loading="Loading the services…",
        error="The services could not be read",
        first_run=_START,
        empty=f"/?{_THEN}",
        nothing="No service sent anything in this time range",
    ),
    "traces": Screen(
        "/traces",
        "traces",
        whole="41 of 41 traces",
        loading="Searching the traces…",
        error="The traces could not be read",
        first_run=_START,
        empty=f"/traces?{_THEN}",
        nothing="Outside this time range there are 41 traces",
        cut=20,
        partial="The page's limit ended the list; there are ≥ 21 in all.",
    ),
    "spans": Screen(
        "/traces?view=spans&chart=off",
        "spans",
        whole="100 of ≥ 101 spans",
        loading="Searching the spans…",
        error="The spans could not be read",
        first_run="No span matches",
        empty=f"/traces?view=spans&chart=off&{_THEN}",
        nothing="Outside this time range there are 221 spans",
        part="/traces?view=spans&chart=off",
        partial="The page's limit ended the list; there are ≥ 101 in all.",
    ),
    "groups": Screen(
        "/traces?q=|+group+service+|+count",
        "aggregate",
        whole="5 groups of 5",
        loading="Counting groups…",
        error="The groups could not be counted",
        first_run="No group",
        empty=f"/traces?q=|+group+service+|+count&{_THEN}",
        nothing="No group",
        cut=2,
        partial="2 groups of ≥ 3: those with the highest first figure",
    ),
    "trace": Screen(
        "/t/{trace}",
        "traces/{trace}/columns",
        whole="All 4 spans have their parents",
        loading="Loading the trace…",
        error="The trace could not be read",
        first_run="No such trace yet",
        empty=f"/t/{'f' * 32}",
        nothing="No such trace yet",
        part="/t/{long}",
        partial=f"{DRAWN} of {LONG + 1} spans are shown: the collector's limit is its setting drawn_spans.",
        stale=False,
    ),
    "diagnosis of a trace": Screen(
        "/t/{trace}?diagnosis=on",
        "traces/{trace}/diagnosis",
        whole="What was checked",
        loading="Comparing with traces like this one…",
        error="The diagnosis could not be read",
        first_run="No such trace yet",
        stale=False,
    ),
    "logs": Screen(
        "/logs",
        "logs",
        whole="40 of 40 records",
        loading="Searching the log records…",
        error="The log records could not be read",
        first_run=_START,
        empty=f"/logs?{_THEN}",
        nothing="Outside this time range there are 40 log records",
        cut=20,
        partial="The page's limit ended the list; there are ≥ 21 in all.",
    ),
    "patterns": Screen(
        "/logs?view=patterns",
        "patterns",
        whole="2 of 2 patterns in 40 records",
        loading="Looking for patterns…",
        error="The patterns could not be read",
        first_run="No pattern",
        empty=f"/logs?view=patterns&{_THEN}",
        nothing="No pattern",
        cut=1,
        partial="1 of 2 patterns in 40 records",
    ),
    "errors": Screen(
        "/errors",
        "errors",
        whole="pay.Declined",
        loading="Grouping the errors…",
        error="The errors could not be read",
        first_run=_START,
        empty=f"/errors?{_THEN}",
        nothing="No error in this time range",
        cut=1,
        partial="1 of 2 groups are shown.",
    ),
    "error": Screen(
        "/errors/{error}",
        "errors/{error}",
        whole="Show me one",
        loading="Loading the error…",
        error="The error could not be read",
        first_run="There is no such error in what is kept",
        empty=f"/errors/{'f' * 16}",
        nothing="There is no such error in what is kept",
    ),
    "nodes": Screen(
        "/nodes",
        "nodes",
        whole="api-0",
        loading="Looking at every node…",
        error="The nodes could not be read",
        first_run=_START,
        empty=f"/nodes?{_THEN}",
        nothing="No node sent anything in this time range",
        cut=2,
        partial="nodes are shown, the weightiest states first.",
    ),
    "map": Screen(
        "/map",
        "map",
        whole="Ranked by the share of failed calls",
        loading="Pairing callers with what they called…",
        error="The map could not be read",
        first_run=_START,
        empty=f"/map?{_THEN}",
        nothing="No service called another in this time range",
        part="/map",
        partial="nodes are shown, the busiest: map_nodes ends the list.",
    ),
    "service": Screen(
        "/services/batch",
        "services/batch",
        whole="night run",
        loading="Loading the service…",
        error="The service could not be read",
        first_run="This service sent nothing in this time range",
        empty=f"/services/batch?{_THEN}",
        nothing="This service sent nothing in this time range",
        cut=10,
        partial=f"10 of {LONG + 1} operations are shown, those with the most spans.",
    ),
    "operation": Screen(
        "/services/api?op=POST+/charge",
        "operations",
        whole="What it calls",
        loading="Loading the operation…",
        error="The operation could not be read",
        first_run="api had no span of this name in this time range",
        empty=f"/services/api?op=POST+/charge&{_THEN}",
        nothing="api had no span of this name in this time range",
    ),
    "compare": Screen(
        "/compare?split=failed",
        "compare",
        whole="region",
        loading="Counting what tells the two apart…",
        error="The two could not be compared",
        first_run=_START,
        empty=f"/compare?split=failed&{_THEN}",
        nothing="nothing",
    ),
    "diagnosis": Screen(
        "/diagnosis",
        "diagnosis",
        whole="What was checked",
        loading="Comparing every operation and every call with the baseline…",
        error="The window could not be diagnosed",
        first_run=_START,
        empty=f"/diagnosis?{_THEN}",
        nothing="No traces in this window",
    ),
    "start": Screen(
        "/start",
        "status",
        whole="Waiting for a new trace…",
        loading="Asking the collector…",
        error="The collector does not say what it has",
        first_run="Waiting for the first span…",
        stale=False,
    ),
    "keys": Screen(
        "/settings/keys",
        "keys",
        whole="Make a key",
        loading="Loading the keys…",
        error="The keys could not be read",
        first_run="There is none yet",
        empty="/settings/keys",
        nothing="There is none yet",
        stale=False,
    ),
    "retention": Screen(
        "/settings/retention",
        "health",
        whole="Stored now",
        loading="Asking the collector…",
        error="The collector did not say what it keeps",
        first_run="Stored now",
        stale=False,
    ),
    "arrivals": Screen(
        "/settings/ingest",
        "health",
        whole="Who sends",
        loading="Asking the collector…",
        error="The collector did not say what arrives",
        first_run="Nobody in these minutes.",
        stale=False,
    ),
}
