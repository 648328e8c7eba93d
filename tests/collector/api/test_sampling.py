"""The sampling that tracers are told comes from a file, and a file that cannot be used changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import sampling
from spanwise_collector.errors import SettingError
from spanwise_collector.settings.sampling import SamplingFile

NOTHING = {"sample": None, "sample_rules": None, "sample_rate": None}
RULES = """
[api]
sample = 0.25
[api.sample_rules]
"GET /health*" = 0.0
["*"]
sample_rate = 5
"""


def told(file: SamplingFile, service: str) -> object:
    app = FastAPI()
    app.include_router(sampling.router(file))
    with TestClient(app) as client:
        return client.get("/api/v1/sampling", params={"service": service}).json()


def written(folder: Path, text: str, second: int = 0) -> Path:
    path = folder / "sampling.toml"
    path.write_text(text)
    os.utime(path, (second, second))
    return path


def test_a_service_is_told_its_own_table_and_others_the_one_for_all(tmp_path: Path) -> None:
    file = SamplingFile(written(tmp_path, RULES))
    assert told(file, "api") == {"sample": 0.25, "sample_rules": {"GET /health*": 0.0}, "sample_rate": None}
    assert told(file, "x'; --") == NOTHING | {"sample_rate": 5.0}


def test_without_a_file_every_service_is_left_its_own_settings() -> None:
    assert told(SamplingFile(None), "api") == NOTHING


def test_a_change_is_taken_and_a_broken_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = SamplingFile(written(tmp_path, RULES))
    written(tmp_path, "[api]\nsample = 0.5", second=1)
    assert told(file, "api") == NOTHING | {"sample": 0.5}
    broken = (b"[api]\nsample = 2", b"[api", b"[api]\nshare = 1", b"\xff")
    for second, data in enumerate(broken, 2):
        path = tmp_path / "sampling.toml"
        path.write_bytes(data)
        os.utime(path, (second, second))
        assert told(file, "api") == NOTHING | {"sample": 0.5}
    assert len(caplog.records) == 4
    (tmp_path / "sampling.toml").unlink()
    assert told(file, "api") == NOTHING | {"sample": 0.5}


def test_a_file_that_cannot_be_used_at_the_start_is_a_setting_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"api\.sample: Input should be less than or equal to 1"):
        SamplingFile(written(tmp_path, "[api]\nsample = 2"))
    with pytest.raises(SettingError, match="No such file"):
        SamplingFile(tmp_path / "missing.toml")
