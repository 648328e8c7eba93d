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


@pytest.mark.parametrize("text", ["", "two", "2+", "-1", "2\n3", "٣", "1" * 5000])
def test_a_version_that_we_never_wrote_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "version").write_text(text, "utf-8")
    with pytest.raises(SettingError, match="written by a newer Spanwise"):
        DataFolder(tmp_path, "this", 2).__enter__()


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
