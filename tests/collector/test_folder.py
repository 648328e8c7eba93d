"""The data folder is one collector's at a time, and never an older one's than wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from spanwise_collector.errors import SettingError
from spanwise_collector.folder import DataFolder


def test_a_folder_in_use_is_refused_with_who_holds_it(tmp_path: Path) -> None:
    with DataFolder(tmp_path, "http 127.0.0.1:1", 1), pytest.raises(SettingError, match=r"\(http 127\.0\.0\.1:1\)"):
        DataFolder(tmp_path, "another", 1).__enter__()
    with DataFolder(tmp_path, "another", 1):
        pass


def test_a_folder_of_a_newer_version_is_refused_and_left_free(tmp_path: Path) -> None:
    with DataFolder(tmp_path, "newer", 2) as folder:
        folder.mark()
    with pytest.raises(SettingError, match=r"written by a newer Spanwise \(schema 2, this one knows 1\)"):
        DataFolder(tmp_path, "older", 1).__enter__()
    with DataFolder(tmp_path, "newer", 2):
        pass


def test_a_folder_of_the_same_or_an_older_version_is_opened(tmp_path: Path) -> None:
    for version in (1, 1, 2):
        with DataFolder(tmp_path, "same", version) as folder:
            folder.mark()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"file/data cannot be used: Not a directory"):
        DataFolder(tmp_path / "file" / "data", "nobody", 1).__enter__()
