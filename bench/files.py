"""How fast stored spans go out into a file of each format, and from there into another collector."""

from __future__ import annotations

import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.collector import Collector
from bench.ids import Shape
from bench.ports import HOST
from bench.stats import bytes_text
from bench.stored import fill

_FORMATS = ("otlp", "otlp-json", "ndjson", "parquet")
_CHUNK = 1 << 20
_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Carried:
    """A file of one format: seconds until it was written, and until all of it was taken in and durable.

    `refusal` says why it was not taken in; the seconds are 0 then.
    """

    format: str
    spans: int
    bytes: int
    seconds_out: float
    seconds_in: float
    refusal: str = ""


def measure(spans: int, clients: int, shape: Shape, folder: Path) -> list[Carried]:
    """Store so many, export them in every format, and import each file into an empty collector."""
    collector = Collector(folder / "data", folder / "collector.log")
    collector.start()
    try:
        items = fill(collector, "traces", spans, clients, shape).items
        return [_carried(collector, each, items, folder) for each in _FORMATS]
    finally:
        collector.stop(timeout=600)


def as_text(found: list[Carried]) -> Iterator[str]:
    """The figures as lines."""
    yield f"files of {found[0].spans:,} spans"
    for each in found:
        out = f"out {each.spans / each.seconds_out:,.0f} spans/s ({each.seconds_out:.1f} s)"
        back = f"in {each.spans / each.seconds_in:,.0f} spans/s ({each.seconds_in:.1f} s)" if each.seconds_in else ""
        size = f"{bytes_text(each.bytes)}, {each.bytes / each.spans:.0f} B a span"
        yield f"  {each.format:<10} {out}, {back or each.refusal}; {size}"


def _carried(collector: Collector, form: str, items: int, folder: Path) -> Carried:
    print(f"carrying: {form}", file=sys.stderr, flush=True)
    path = folder / f"spans.{form}"
    began = time.monotonic()
    asked = f"http://{HOST}:{collector.http}/api/v1/export?signal=spans&format={form}"
    with urllib.request.urlopen(asked, timeout=_SECONDS) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file, _CHUNK)
    out = time.monotonic() - began
    other = Collector(folder / "other", folder / "other.log")
    other.start()
    try:
        seconds, refusal = _imported(other, path, form, items)
        return Carried(form, items, path.stat().st_size, out, seconds, refusal)
    finally:
        other.stop(timeout=600)
        shutil.rmtree(other.data)
        path.unlink()


def _imported(collector: Collector, path: Path, form: str, items: int) -> tuple[float, str]:
    address = f"http://{HOST}:{collector.http}/api/v1/import?format={form}"
    headers = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
    began = time.monotonic()
    try:
        with path.open("rb") as file:
            request = urllib.request.Request(address, data=file, headers=headers, method="POST")
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                taken = json.load(answer)
    except urllib.error.HTTPError as error:
        return 0.0, f"refused: {error.code} {error.read()[:200].decode(errors='replace')}"
    if taken["spans"] != items:
        raise RuntimeError(f"Of {items:,} spans as {form} {taken} were taken.")
    return time.monotonic() - began, ""
