"""Sampling that the collector gives: applied while the service runs, and never in its way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import Decision
from spanwise.remote import Remote
from spanwise.settings import SettingsError, resolve

from bench.ports import free_port
from tests.tracer.processes import run_script
from tests.tracer.sink import Sink


@pytest.fixture
def told(sink: Sink) -> dict[str, Any]:
    """What the collector answers; replace its members."""
    answer: dict[str, Any] = {"sample": None, "sample_rules": None, "sample_rate": None}
    sink.answer = lambda path: (
        (200, {}, json.dumps(answer).encode()) if path == "/api/v1/sampling?service=a%2Fb%20c" else (404, {}, b"")
    )
    return answer


def remote(sink: Sink, **settings: Any) -> Remote:
    return Remote(resolve("x", endpoint=sink.endpoint, sampling_interval=60.0, **settings), "a/b c")


def kept(sampler: Remote, *names: str) -> list[bool]:
    # `_root` decides; `should_sample` would start the thread that asks by itself.
    return [sampler._root.should_sample(None, 2**63, name).decision is Decision.RECORD_AND_SAMPLE for name in names]


def test_what_the_collector_leaves_open_stays_our_own(sink: Sink, told: dict[str, Any]) -> None:
    sampler = remote(sink, sample=0.0, sample_rules={"GET /pay": 1.0})
    assert kept(sampler, "GET /pay", "GET /x") == [True, False]
    assert (sampler.refresh(), kept(sampler, "GET /pay", "GET /x")) == ("", [True, False])
    told["sample_rules"] = {"GET /x": 1.0}
    assert (sampler.refresh(), kept(sampler, "GET /pay", "GET /x")) == ("", [False, True])
    told["sample_rules"] = None
    assert (sampler.refresh(), kept(sampler, "GET /pay", "GET /x")) == ("", [True, False])


def test_a_rate_is_not_begun_anew_by_an_answer_that_changes_nothing(sink: Sink, told: dict[str, Any]) -> None:
    told["sample_rate"] = 0.001
    sampler = remote(sink)
    assert (sampler.refresh(), kept(sampler, "a", "b")) == ("", [True, False])
    assert (sampler.refresh(), kept(sampler, "c")) == ("", [False])


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample": 2},
        {"sample": "much"},
        {"sample_rules": {"x": -1}},
        {"sample_rules": ["x"]},
        {"sample_rate": -1},
        {"sample_rate": []},
    ],
)
def test_an_answer_that_cannot_be_used_changes_nothing(sink: Sink, told: dict[str, Any], wrong: dict[str, Any]) -> None:
    told["sample"] = 0.0
    sampler = remote(sink)
    assert (sampler.refresh(), kept(sampler, "a")) == ("", [False])
    told.update(wrong)
    assert sampler.refresh().startswith("what cannot be used: ")
    assert kept(sampler, "a") == [False]


def test_another_collector_and_none_change_nothing(sink: Sink) -> None:
    sink.answer = lambda _path: (404, {}, b"")
    assert remote(sink).refresh() == "HTTP 404"
    sink.answer = lambda _path: (200, {}, b"<html>")
    assert remote(sink).refresh().startswith("what cannot be used")
    gone = Remote(resolve("x", endpoint=f"http://127.0.0.1:{free_port()}", sampling_interval=60.0), "x")
    assert gone.refresh().startswith("ConnectionRefusedError")


def test_a_running_process_and_its_forks_follow_the_collector(sink: Sink, told: dict[str, Any], tmp_path: Any) -> None:
    told["sample"] = 1.0
    code = """
import os, sys, time, spanwise
spanwise.init("a/b c", sample=0.0, sampling_interval=0.1)
def until_kept(name):
    for _ in range(200):
        with spanwise.span(name) as span:
            if span.otel.is_recording(): return
        time.sleep(0.05)
    sys.exit("never kept")
until_kept("parent")
if os.fork() == 0:
    until_kept("child")
    sys.exit()
assert os.wait()[1] == 0
"""
    sampling = sink.answer
    sink.answer = lambda path: sampling(path) if path.startswith("/api") else (200, {}, b"")
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(span.name for span in sink.spans) == ["child", "parent"]


def test_it_is_off_by_default_and_needs_http() -> None:
    assert resolve("x").sampling_interval is None
    with pytest.raises(SettingsError, match="needs protocol http/protobuf"):
        resolve("x", sampling_interval=5.0, protocol="grpc")
    with pytest.raises(SettingsError, match=r"sampling_interval: 0\.0 is less"):
        resolve("x", sampling_interval=0.0)


@pytest.mark.parametrize(
    "answer", [b"[" * 60_000, b'{"sample_rate": "fast"}', b'{"sample_rate": NaN}', b'{"sample_rules": {"a": "x"}}']
)
def test_no_answer_ends_the_thread_that_asks(sink: Sink, answer: bytes) -> None:
    sink.answer = lambda _path: (200, {}, answer)
    assert remote(sink).refresh().startswith("what cannot be used: ")


def test_numbers_that_are_written_as_text_are_numbers(sink: Sink) -> None:
    sink.answer = lambda _path: (200, {}, b'{"sample": "0", "sample_rules": {"GET /pay": "1"}, "sample_rate": "5"}')
    sampler = remote(sink)
    assert (sampler.refresh(), kept(sampler, "GET /pay", "GET /x")) == ("", [True, False])
