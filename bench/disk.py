"""What the store keeps of it all, read from the stopped collector's folder by the same engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Files that a merge has replaced stay for some minutes: only active parts count.
_PARTS = """
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts
FROM system.parts WHERE active AND database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
GROUP BY table ORDER BY bytes DESC
"""
# A process of its own, since one that has opened the engine can open no other folder.
_READER = """
import sys
from chdb.session import Session
print(Session(sys.argv[1]).query(sys.argv[2], "JSONEachRow").bytes().decode())
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One table."""

    table: str
    rows: int
    bytes: int
    parts: int


def stored(data: Path) -> list[Stored]:
    """The tables of a data folder that nobody holds, the largest first; none where no engine is in it."""
    engine = next((found.parent for found in sorted(data.glob("*/metadata"))), None)
    if engine is None:
        return []
    answer = subprocess.run(
        [sys.executable, "-c", _READER, str(engine), _PARTS], capture_output=True, text=True, check=True
    )
    rows = (json.loads(line) for line in answer.stdout.splitlines() if line.strip())
    return [Stored(row["table"], int(row["rows"]), int(row["bytes"]), int(row["parts"])) for row in rows]
