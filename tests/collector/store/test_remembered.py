"""What the engine noted of an insert whose part never came to be does not keep the segment out when it comes again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from spanwise_collector.errors import StoreError
from spanwise_collector.store import EmbeddedEngine, StoreAway, remembered, schema
from spanwise_collector.store.codes import is_trouble
from sqlalchemy import Select, column, func, select, table

from tests.collector.store.test_loader import segment_of_one_span

TABLES = ("spans", "traces", "span_stats")


def elsewhere(step: Callable[..., object], *given: object) -> object:
    """A step with an engine, in a process of its own: the engine takes one folder a process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(step, given)


@pytest.mark.parametrize("lost", TABLES)
def test_a_segment_killed_between_the_note_and_its_part_is_stored_once(tmp_path: Path, lost: str) -> None:
    folder = Path(str(elsewhere(insert_two, tmp_path, lost)))
    # As a kill leaves it: noted, the part still under the name of one that is being made.
    part = folder / newest(folder)
    part.rename(folder / f"tmp_insert_{part.name}")

    assert elsewhere(insert_again, tmp_path) == dict.fromkeys(TABLES, 2)


def insert_two(folder: Path, lost: str) -> str:
    """Insert two segments; the folder of the table that is to lose the second."""
    with closing(opened(folder)) as engine:
        schema.create(engine.run)
        engine.run("SYSTEM STOP MERGES")
        inserter = engine.inserter()
        for number in range(2):
            insert(inserter, folder, number)
        inserter.close()
        return folder_of(engine, lost)


def insert_again(folder: Path) -> dict[str, int]:
    with closing(opened(folder)) as engine:
        inserter = engine.inserter()
        for number in range(2):
            insert(inserter, folder, number)
        inserter.close()
        return rows(engine)


@pytest.mark.parametrize("failing", TABLES)
def test_a_segment_whose_part_could_not_be_named_is_stored_once_when_it_is_tried_again(
    tmp_path: Path, failing: str
) -> None:
    assert elsewhere(insert_beside_a_file_in_the_way, tmp_path, failing) == (
        True,
        dict.fromkeys(TABLES, 2),
        dict.fromkeys(TABLES, 3),
    )


def insert_beside_a_file_in_the_way(folder: Path, failing: str) -> tuple[bool, dict[str, int], dict[str, int]]:
    """Whether an insert whose part had no name failed and was noted; the rows after it came again, and later."""
    with closing(opened(folder)) as engine:
        schema.create(engine.run)
        inserter = engine.inserter()
        insert(inserter, folder, 0)
        place = Path(folder_of(engine, failing))
        day, _, level = newest(place).partition("_1_1_")
        in_the_way = place / f"{day}_2_2_{level}"
        in_the_way.touch()
        try:
            insert(inserter, folder, 1)
        except StoreError as error:
            said = is_trouble(str(error))
        in_the_way.unlink()
        noted = remembered.are_wrong(remembered.notes(place), [newest(place)])
        for _ in range(2):
            insert(inserter, folder, 1)
        after = rows(engine)
        insert(inserter, folder, 2)
        inserter.close()
        return said and noted, after, rows(engine)


def test_while_an_answer_is_streamed_nothing_is_put_right_and_nothing_inserted(tmp_path: Path) -> None:
    assert elsewhere(insert_beside_a_stream, tmp_path) == ("StoreAway", 1, dict.fromkeys(TABLES, 2))


def insert_beside_a_stream(folder: Path) -> tuple[str, int, dict[str, int]]:
    """What an insert after a failed one said while a reader was at its first block, and what the reader then had."""
    with closing(opened(folder)) as engine:
        schema.create(engine.run)
        inserter = engine.inserter()
        insert(inserter, folder, 0)
        place = Path(folder_of(engine, "spans"))
        (log,) = (place / "deduplication_logs").glob("*.txt")
        log.write_bytes(log.read_bytes() + b"1\t20260101_9_9_0\t20260101_9_9\n")
        blocks = engine.stream(select(column("span_id")).select_from(table("spans")))
        read = len(next(blocks))
        engine.doubt()
        said = refusal(inserter, folder, 1)
        blocks.close()
        insert(inserter, folder, 1)
        inserter.close()
        return said, read, rows(engine)


def test_what_a_table_remembers_that_cannot_be_read_keeps_everything_out_until_it_can(tmp_path: Path) -> None:
    assert elsewhere(insert_beside_a_log_that_is_a_folder, tmp_path) == ("StoreAway", dict.fromkeys(TABLES, 1))


def insert_beside_a_log_that_is_a_folder(folder: Path) -> tuple[str, dict[str, int]]:
    with closing(opened(folder)) as engine:
        schema.create(engine.run)
        inserter = engine.inserter()
        (log,) = (Path(folder_of(engine, "spans")) / "deduplication_logs").glob("*.txt")
        engine.doubt()
        log.rename(folder / "log")
        log.mkdir()
        said = refusal(inserter, folder, 0)
        log.rmdir()
        (folder / "log").rename(log)
        insert(inserter, folder, 0)
        inserter.close()
        return said, rows(engine)


def test_only_what_is_not_there_and_what_is_torn_is_struck_out(tmp_path: Path) -> None:
    logs = tmp_path / "deduplication_logs"
    logs.mkdir()
    for part in ("20261122_1_4_1", "20261122_6_6_0", "20261121_1_1_0_7", "detached"):
        (tmp_path / part).mkdir()
    kept = [
        b"1\t20261122_1_1_0\t20261122_1_1\n",
        b"1\t20261122_3_3_0\t20261122_3_3\n",
        b"1\t20261121_1_1_0\t20261121_1_1\n",
        b"1\t20261120_1_1_0\t20261120_1_1\n",
        b"2\t20261120_1_1_0\t20261120_1_1\n",
        b"1\t20261122_6_6_0\t20261122_6_6\n",
    ]
    struck = [b"1\t20261122_5_5_0\t20261122_5_5\n", b"1\t20261120_1_1_0\t20261120_9_9\n", b"\0\0\0\0\n"]
    (logs / "deduplication_log_9.txt").write_bytes(b"".join(kept[:2]))
    (logs / "deduplication_log_10.txt").write_bytes(
        b"".join([*kept[2:4], *struck, *kept[4:]]) + b"1\t20261122_6_6_0\t2026"
    )

    remembered.put_table_right(tmp_path, tmp_path / "spare")

    assert {log.name: log.read_bytes() for log in logs.iterdir()} == {
        "deduplication_log_9.txt": b"".join(kept[:2]),
        "deduplication_log_10.txt": b"".join(kept[2:]),
    }
    assert not remembered.are_wrong(remembered.notes(tmp_path), [path.name for path in tmp_path.iterdir()])


def opened(folder: Path) -> EmbeddedEngine:
    return EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=10, query_memory=256 << 20)


def insert(inserter: object, folder: Path, number: int) -> None:
    segment: SimpleNamespace = segment_of_one_span(folder, number)
    inserter.insert("otlp_traces", "TracesRequest", segment.name, segment.path)  # type: ignore[attr-defined]


def refusal(inserter: object, folder: Path, number: int) -> str:
    """The name of the error with which an insert is put off; "" where it is taken."""
    try:
        insert(inserter, folder, number)
    except StoreAway as error:
        return type(error).__name__
    return ""


def folder_of(engine: EmbeddedEngine, name: str) -> str:
    paths: Select[*tuple[Any, ...]] = select(column("data_paths")).select_from(table("tables", schema="system"))
    return str(engine.look(paths.where(column("name") == name, column("database") == "default"))[0][0][0])


def newest(folder: Path) -> str:
    """The part of the highest number in a table's folder."""
    return max((path.name for path in folder.iterdir() if path.name[0] == "2"), key=lambda name: name.split("_")[2])


def rows(engine: EmbeddedEngine) -> dict[str, int]:
    """How many spans each table tells of."""
    spans_of_traces = func.sum(func.arraySum(func.mapValues(column("spans"))))
    counts = {"spans": func.count(), "traces": spans_of_traces, "span_stats": func.sum(column("span_count"))}
    return {name: int(engine.read(select(counts[name]).select_from(table(name)))[0][0]) for name in TABLES}
