"""What lies in a data folder that no collector runs on, down to the bytes of its files."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

from spanwise_collector.store import EmbeddedEngine
from sqlalchemy import column, func, literal_column, select, table


def files_with(folder: Path, *needles: bytes) -> list[str]:
    """Every file that holds one of them, whatever their case."""
    wanted = [needle.lower() for needle in needles]
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        str(path.relative_to(folder))
        for path in files
        if any(needle in path.read_bytes().lower() or needle in str(path).lower().encode() for needle in wanted)
    ]


def stored(folder: Path) -> dict[str, Any]:
    """All rows of all tables as text, and the folders of parts on disk that no table knows, read by an engine."""
    # In a process of its own, since the engine takes one folder a process.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: dict[str, Any] = pool.apply(_stored, (folder,))
        return found


def _stored(folder: Path) -> dict[str, Any]:
    engine = EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=60, query_memory=512 << 20)
    tables = table("tables", column("name"), column("engine"), column("database"), schema="system").c
    names = [
        row.name
        for row in engine.read(
            select(tables.name)
            .where(tables.database == "default", tables.engine.like("%MergeTree"))
            .order_by(tables.name)
        )
    ]
    text: dict[str, str] = {}
    columns = table("columns", column("name"), column("table"), column("database"), column("type"), schema="system").c
    for name in names:
        ids = engine.read(
            select(columns.name).where(
                columns.database == "default", columns.table == name, columns.type.like("FixedString%")
            )
        )
        # A row as text: strings as they are, ids also as hex. The driver would make hex of the whole row where
        # the bytes of an id are no text, and nothing would be found in it.
        shown = [func.toString(literal_column("tuple(*)")), *(func.lower(func.hex(column(each.name))) for each in ids)]
        row = func.toValidUTF8(func.concat_ws(" ", *shown))
        rows = engine.read(select(row.label("row")).select_from(table(name)))
        text[name] = "\n".join(sorted(str(each.row) for each in rows))
    parts = table("parts", column("path"), column("active"), column("database"), schema="system").c
    known = {
        Path(row.path).name
        for row in engine.read(select(parts.path).where(parts.database == "default", parts.active == 1))
    }
    stats, traces, errors = table("span_stats"), table("traces"), table("error_forms")
    sums = {
        "spans": engine.read(select(func.count()).select_from(table("spans")))[0][0],
        "logs": engine.read(select(func.count()).select_from(table("logs")))[0][0],
        "metric_points": engine.read(select(func.count()).select_from(table("metric_points")))[0][0],
        "span_stats": engine.read(select(func.sum(literal_column("span_count"))).select_from(stats))[0][0],
        "traces": engine.read(select(func.sum(literal_column("arraySum(mapValues(spans))"))).select_from(traces))[0][0],
        "errors": engine.read(select(func.sum(literal_column("arraySum(mapValues(counts))"))).select_from(errors))[0][
            0
        ],
    }
    engine.close()
    on_disk = {path.parent.name for path in (folder / "store").rglob("checksums.txt")}
    detached = [str(path) for path in (folder / "store").glob("store/*/*/detached/*")]
    return {"text": text, "sums": sums, "tables": names, "unknown_parts": sorted(on_disk - known) + detached}
