"""Which of the engine's words speak of a segment, and which of the store itself."""

from __future__ import annotations

import pytest
from spanwise_collector.store.codes import is_trouble


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (
            "Code: 204. DB::Exception: Cannot fsync /data/tmp_insert_1/data.bin: Input/output error. (CANNOT_FSYNC)",
            True,
        ),
        ("Code: 172. DB::Exception: Cannot create directory. (CANNOT_CREATE_DIRECTORY)", True),
        ("Code: 1001. DB::Exception: std::__1::__fs::filesystem::filesystem_error: filesystem error: in rename", True),
        ("Code: 6. DB::Exception: Cannot parse 'id 1001: filesystem error'. (CANNOT_PARSE_TEXT)", False),
        ("Code: 1001. DB::Exception: std::out_of_range: basic_string. (STD_EXCEPTION)", False),
        ("Code: 27. DB::Exception: Cannot parse input. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)", False),
    ],
)
def test_a_disk_that_fails_is_no_fault_of_a_segment(said: str, trouble: bool) -> None:
    assert is_trouble(said) == trouble
