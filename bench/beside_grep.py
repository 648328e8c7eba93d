"""Searches of log texts beside ripgrep, or else grep, over the same lines as files."""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.collector import Collector
from bench.logs import lines, order

_RUNS = 3


@dataclass(frozen=True, slots=True)
class Search:
    """A search in both languages: `q`, and a regular expression or else a text for the tool."""

    name: str
    q: str
    pattern: str
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """One search: medians in seconds. `seconds_to_first` is for a page of a hundred records, the newest."""

    name: str
    matches: int
    lines: int
    seconds_to_first: float
    seconds_to_count: float
    tool: str
    tool_seconds: float


def measure(collector: Collector, clients: int, bodies: int, folder: Path) -> list[Beside]:
    """Write the texts of so many bodies of each client to a file each, and ask both; the files are gone afterwards."""
    folder.mkdir()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        files = pool.starmap(_write, [(folder, client, bodies) for client in range(clients)])
    try:
        return [_asked(collector, each, files) for each in _searches(bodies)]
    finally:
        shutil.rmtree(folder)


def as_text(found: list[Beside]) -> Iterator[str]:
    """The figures as lines."""
    for each in found:
        answer = f"newest 100 {each.seconds_to_first * 1e3:.0f} ms, count {each.seconds_to_count * 1e3:.0f} ms"
        tool = f"{each.tool} {each.tool_seconds * 1e3:.0f} ms"
        ratio = each.tool_seconds / each.seconds_to_count
        differs = "" if each.matches == each.lines else f"; {each.lines:,} LINES"
        yield f"  {each.name:<28} {answer}; {tool} ({ratio:.2f} of its time per count); {each.matches:,} found{differs}"


def _searches(bodies: int) -> Iterator[Search]:
    one = order(0, bodies // 2, 5)
    yield Search("one line of all", f'"order {one}"', f"order {one}")
    yield Search("a text that no line has", '"no such text"', "no such text")
    yield Search("a text of one line in 37", '"timed out"', "timed out")
    expression = "timed out after 49[0-9]{3} ms"
    yield Search("an expression", f"body:/{expression}/", expression, regex=True)


def _asked(collector: Collector, search: Search, files: list[Path]) -> Beside:
    print(f"asking, beside files: {search.name}", file=sys.stderr, flush=True)
    asked = {"start": "now-24h", "q": search.q}
    first, _ = _timed(collector, "/api/v1/logs", {**asked, "limit": "100"})
    counted, answer = _timed(collector, "/api/v1/aggregate", {**asked, "q": f"{search.q} | count", "signal": "logs"})
    tool, seconds, found = _tool(search, files)
    return Beside(search.name, answer, found, first, counted, tool, seconds)


def _timed(collector: Collector, path: str, parameters: dict[str, str]) -> tuple[float, int]:
    """The median time, and what the answer counts; -1 where there was none."""
    seconds, counted = [], -1
    for _ in range(_RUNS):
        began = time.perf_counter()
        try:
            answer = collector.get(f"{path}?{urllib.parse.urlencode(parameters)}")
            counted = int(sum(group["values"][0] for group in answer.get("groups", [])))
        except urllib.error.HTTPError as error:
            print(f"  {error.code} to {path}: {error.read()[:300]!r}", file=sys.stderr, flush=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), counted


def _tool(search: Search, files: list[Path]) -> tuple[str, float, int]:
    """What counted the lines, the median time, and how many there are. A free text is found in upper and lower case."""
    tool = shutil.which("rg") or "grep"
    how = ["-E"] if search.regex and tool == "grep" else [] if search.regex else ["-i", "-F"]
    command = [tool, "-c", *how, "-e", search.pattern]
    seconds, found = [], 0
    for _ in range(_RUNS):
        began = time.perf_counter()
        done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - began)
        found = sum(int(line.rpartition(":")[2]) for line in done.stdout.splitlines())
    return Path(command[0]).name, statistics.median(seconds), found


def _write(folder: Path, client: int, bodies: int) -> Path:
    path = folder / f"client-{client}.log"
    with path.open("wb") as file:
        for sequence in range(bodies):
            file.write(lines(client, 0, sequence))
    return path
