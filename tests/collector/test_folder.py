"""The data folder is one collector's at a time, and never an older one's than wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from spanwise_collector.errors import SettingError
from spanwise_collector.folder import DataFolder, Stand


def test_a_folder_in_use_is_refused_with_who_holds_it(tmp_path: Path) -> None:
    with DataFolder(tmp_path, "http 127.0.0.1:1", 1), pytest.raises(SettingError, match=r"\(http 127\.0\.0\.1:1\)"):
        DataFolder(tmp_path, "another", 1).__enter__()
    with DataFolder(tmp_path, "another", 1):
        pass


@pytest.mark.parametrize("stand", [Stand(3), Stand(3, 5)])
def test_a_folder_of_a_newer_version_is_refused_and_left_free(tmp_path: Path, stand: Stand) -> None:
    with DataFolder(tmp_path, "newer", 3) as folder:
        folder.record(stand)
    with pytest.raises(SettingError, match=r"written by a newer Spanwise \(schema 3(\+5)?, this one knows 2\)"):
        DataFolder(tmp_path, "older", 2).__enter__()
    with DataFolder(tmp_path, "newer", 3) as folder:
        assert folder.stand() == stand


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"", ""),
        (b"\0\0\n", r"\x00\x00"),
        (b"two", "two"),
        (b"2+", "2+"),
        (b"-1", "-1"),
        (b"2\n3", r"2\n3"),
        ("٣".encode(), "٣"),
        (b"\xff2", "\ufffd2"),
        (b"1" * 5000, f"{'1' * 19}…"),
    ],
)
def test_a_version_that_no_spanwise_has_written_is_refused_as_damaged_with_what_to_do(
    tmp_path: Path, text: bytes, shown: str
) -> None:
    (tmp_path / "version").write_bytes(text)
    with pytest.raises(SettingError) as refused:
        DataFolder(tmp_path, "this", 2).__enter__()
    assert str(refused.value) == (
        f"The file {tmp_path}/version is damaged: it holds '{shown}', and not the version of the schema. Nothing was"
        " changed. If the Spanwise that ran here last knew the schema that this one knows, write that down"
        f" (echo 2 > {tmp_path}/version) and start again; else restore a backup."
    )
    assert (tmp_path / "version").read_bytes() == text
    (tmp_path / "version").write_text("2\n")
    with DataFolder(tmp_path, "this", 2) as folder:
        assert folder.stand() == Stand(2)


@pytest.mark.parametrize("name", ["version", "collector"])
def test_a_file_that_cannot_be_read_is_named_and_the_folder_left_free(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(SettingError, match=f"{name} cannot be read: Is a directory"):
        DataFolder(tmp_path, "this", 2).__enter__()
    (tmp_path / name).rmdir()
    with DataFolder(tmp_path, "this", 2):
        pass


def test_a_damaged_name_is_refused_and_never_taken_for_one(tmp_path: Path) -> None:
    with DataFolder(tmp_path, "this", 2) as folder:
        given = folder.collector
    (tmp_path / "collector").write_text("")
    with pytest.raises(SettingError, match="collector is damaged: it holds '', and not the collector's name"):
        DataFolder(tmp_path, "this", 2).__enter__()
    (tmp_path / "collector").unlink()
    with DataFolder(tmp_path, "this", 2) as folder:
        assert len(folder.collector) == len(given) == 32


def test_a_folder_of_the_same_or_an_older_version_is_opened(tmp_path: Path) -> None:
    found = []
    for version in (1, 1, 2):
        with DataFolder(tmp_path, "same", version) as folder:
            found.append(folder.stand())
            folder.record(Stand(version))
    assert found == [None, Stand(1), Stand(1)]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"file/data cannot be used: Not a directory"):
        DataFolder(tmp_path / "file" / "data", "nobody", 1).__enter__()
