"""A data folder of an older version is taken over as it is: everything in it, each once."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from spanwise_collector.store import migration

from tests.collector.process import process, refused
from tests.collector.store import version_1


def test_what_an_older_version_stored_and_had_not_yet_deleted_from_the_spool_is_there_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(version_1.make, (tmp_path,))
    with process(tmp_path) as collector:
        collector.settle()
        assert [collector.get(f"/traces/{each}")["span_count"] for each in version_1.TRACES] == [2] * 5
        status = collector.get("/status")
        assert (status["span_count"], status["log_count"]) == (10, 5)
        assert sum(each["span_count"] for each in collector.get("/traces")["traces"]) == 10
        code, said = collector.stop()
        assert code == 0
        assert f"Bringing the store in {tmp_path / 'store'} from version 1 to {migration.VERSION}." in said
    assert (tmp_path / "version").read_text() == f"{migration.VERSION}\n"


def test_a_folder_of_a_newer_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "version").write_text(f"{migration.VERSION + 1}\n")
    code, said = refused(tmp_path)
    assert (code, said) == (
        1,
        f"spanwise up: The data folder {tmp_path} was written by a newer Spanwise (schema {migration.VERSION + 1}, this"
        f" one knows {migration.VERSION}). Start the newer version, or choose another folder with --data or"
        " SPANWISE_DATA.\n",
    )
