"""A disk that has changed the store's files is found out: what is damaged is put aside and named, the rest answers."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

from spanwise_collector.store import EmbeddedEngine
from sqlalchemy import column, literal_column, select, table

from tests import factories
from tests.collector.process import eventually, process
from tests.factories import span, trace_ids


def test_damaged_parts_are_aside_and_named_and_all_others_answer(tmp_path: Path) -> None:
    ids = trace_ids(3)
    with process(tmp_path) as collector:
        for each in ids:
            body = factories.traces([span(each), span(each, 2, 1)]).SerializeToString()
            assert collector.post("/v1/traces", body).status_code == 200
            collector.settle()
        collector.popen.send_signal(signal.SIGKILL)
        collector.popen.wait()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        parts = pool.apply(parts_of_spans, (tmp_path,))
    assert len(parts) == 3
    # One of them the engine finds when it opens the table, the other only who reads it.
    for part, file in ((parts[0], "checksums.txt"), (parts[1], "data.bin")):
        flip(Path(part) / file)
    with process(tmp_path) as collector:
        said = eventually(lambda: collector.get("/health")["sentences"], lambda now: len(now) == 2)
        assert [sentence.startswith("A file of the store is not what was written") for sentence in said] == [True] * 2
        assert sorted(Path(part).name in " ".join(said) for part in parts) == [False, True, True]
        assert collector.get("/health")["status"] == "trouble"
        assert collector.get("/status")["span_count"] == 2
        assert collector.get(f"/traces/{ids[2]}")["span_count"] == 2
        code, log = collector.stop()
        assert (code, log.count("is damaged on disk: its rows are in no answer")) == (0, 2)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(byte ^ 0xFF for byte in data[middle : middle + 8])
    path.write_bytes(data)


def parts_of_spans(folder: Path) -> list[str]:
    engine = EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=30, query_memory=256 << 20)
    parts = table("parts", column("path"), column("name"), column("active"), schema="system")
    query = select(parts.c.path).where(parts.c.active == 1, literal_column("table") == "spans").order_by(parts.c.name)
    found = [str(row.path) for row in engine.read(query)]
    engine.close()
    return found
