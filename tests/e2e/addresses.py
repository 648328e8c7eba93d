"""Every screen of the web view, by addresses in which what is shown has a name: `{trace}`, `{service}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

ADDRESSES: Final = (
    "/",
    "/traces",
    "/traces?view=spans&chart=rate",
    "/traces?q=|+group+service,+name+|+count,+p95(duration)",
    "/traces?q=service:none",
    "/t/{trace}?diagnosis=on",
    "/t/{trace}?sel=0000000000000002",
    "/t/{trace}?view=flame",
    "/t/{trace}?view=operations",
    "/t/{trace}?view=operations&merged=on",
    "/t/{trace}?view=graph",
    "/t/{trace}?view=spans",
    "/t/{trace}?view=logs",
    "/t/{trace}?view=json",
    "/logs",
    "/logs?view=patterns&pattern={pattern}",
    "/logs?view=tail",
    "/errors",
    "/errors/{error}",
    "/map",
    "/map?focus={service}",
    "/map?part=11",
    "/nodes",
    "/services/{service}",
    "/services/{service}?op={operation}",
    "/diagnosis?from={since}",
    "/compare?from={since}",
    "/compare?split=failed",
    "/compare?a={trace}&b={other}",
    "/settings/general",
    "/settings/shortcuts",
    "/settings/keys",
    "/settings/retention",
    "/settings/ingest",
    "/settings/files",
    "/start",
    "/nowhere",
)


def filled(address: str, names: Mapping[str, str]) -> str:
    """The address with what the system at hand calls these things."""
    return address.format_map({name: quote(text, safe="") for name, text in names.items()})


def comes_to_rest(address: str) -> bool:
    """Whether a page ends asking: the live tail's request stays open."""
    return "view=tail" not in address
