"""Reads a trace as columns by docs/api.md alone, and says it as `/api/v1/traces/{id}` would."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
FLAGS = {"error": 1, "parent_missing": 2, "unfinished": 4, "has_events": 8, "has_links": 16, "has_logs": 32}
CRITICAL = 64


@dataclass(frozen=True)
class Columns:
    """The header as it is, and each column as a list of numbers."""

    header: dict[str, Any]
    numbers: dict[str, list[int]]


def read(body: bytes) -> Columns:
    """The columns of an answer that is not compressed."""
    assert body[:4] == b"SWC1"
    begin = 8 + int.from_bytes(body[4:8], "little")
    assert begin % 8 == 0
    header = json.loads(body[8:begin])
    numbers = {}
    for column in header["columns"]:
        assert column["offset"] % 8 == 0
        layout = f"<{column['length']}{FORMATS[column['type']]}"
        numbers[column["name"]] = list(struct.unpack_from(layout, body, begin + column["offset"]))
    return Columns(header, numbers)


def spans(columns: Columns) -> list[dict[str, Any]]:
    """What is known of each span, under the names of the JSON form; `odd` is whether anything is."""
    header, numbers = columns.header, columns.numbers
    began = int(header["start_offset"])
    odd = sum(int(bit) for bit in header["oddities"])
    corrections = {clock["host"]: clock["correction"] for clock in header["clocks"]}
    found: list[dict[str, Any]] = []
    for row, flags in enumerate(numbers["flags"]):
        delta = numbers["parent_delta"][row]
        start = numbers["start"][row] - began
        sent = int(header["origin_unix_nano"]) + numbers["start"][row]
        corrected = max(0, sent + corrections[header["texts"]["host"][numbers["host"][row]]])
        found.append(
            {what: header["texts"][what][numbers[what][row]] for what in ("service", "instance", "name", "kind")}
            | {name: bool(flags & bit) for name, bit in FLAGS.items()}
            | {
                "span_id": numbers["span_id"][row].to_bytes(8, "little").hex(),
                "status": header["texts"]["status"][numbers["status"][row]],
                "scope": header["texts"]["scope"][numbers["scope"][row]],
                "depth": found[row - delta]["depth"] + 1 if delta else 0,
                "descendant_count": numbers["below"][row],
                "corrected_start_time_unix_nano": corrected if sent else 0,
                "start_offset": min(max(0, start), header["duration"]),
                "duration": numbers["duration"][row],
                "self_time": numbers["self_time"][row],
                "critical": [],
                "odd": bool(flags & odd),
            }
        )
    lost = zip(numbers["lost_row"], numbers["lost_parent"], strict=True)
    parents = {row: parent.to_bytes(8, "little").hex() for row, parent in lost}
    for row, span in enumerate(found):
        span["lost_parent"] = parents.get(row)
    _cut_path(columns, found)
    return found


def _cut_path(columns: Columns, found: list[dict[str, Any]]) -> None:
    """The sections of the critical path: a span's time within its parent's, less that of its critical children."""
    numbers, whole = columns.numbers, columns.header["duration"]
    began = int(columns.header["start_offset"])
    windows: dict[int, tuple[int, int]] = {}
    children: dict[int, list[tuple[int, int]]] = {}
    for row, flags in enumerate(numbers["flags"]):
        if not flags & CRITICAL:
            continue
        start = numbers["start"][row] - began
        end, parent = start + numbers["duration"][row], row - numbers["parent_delta"][row]
        if parent != row:
            start, end = max(start, windows[parent][0]), min(end, windows[parent][1])
            children.setdefault(parent, []).append((start, end))
        windows[row] = (start, end)
    for row, (start, end) in windows.items():
        inner = [edge for child in sorted(children.get(row, [])) for edge in child]
        cut = list(pairwise([start, *inner, end]))[::2]
        found[row]["critical"] = [(left, right) for left, right in cut if 0 <= left < right <= whole]
