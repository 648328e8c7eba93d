"""Which traces are kept: by ratio, by name and path, by rate, and by what callers decided."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import spanwise
from spanwise import state
from spanwise.sampling import Bucket
from spanwise.testing import capture

from tests.tracer.processes import run_script


def kept(names: list[str], **settings: Any) -> list[str]:
    with capture(**settings) as seen:
        for name in names:
            with spanwise.span(name), spanwise.span("child"):
                pass
    return [span.name for span in seen.spans if span.name != "child"]


def test_everything_is_kept_by_default_and_nothing_at_zero() -> None:
    assert kept(["a", "b"]) == ["a", "b"]
    assert kept(["a", "b"], sample=0.0) == []


def test_children_share_their_roots_fate() -> None:
    with capture(sample_rules={"noisy*": 0.0}) as seen:
        with spanwise.span("noisy job"), spanwise.span("inner"):
            pass
        with spanwise.span("job"), spanwise.span("noisy inner"):
            pass
    assert [span.name for span in seen.spans] == ["noisy inner", "job"]


def test_the_first_rule_that_matches_counts() -> None:
    rules = {"GET /health*": 0.0, "GET *": 1.0}
    assert kept(["GET /health", "GET /x", "POST /x"], sample=0.0, sample_rules=rules) == ["GET /x"]


def test_a_rate_limits_the_traces_a_second() -> None:
    clock = iter([0.0, 0.0, 0.0, 0.0, 0.25, 0.75, 1.0, 1.0]).__next__
    bucket = Bucket(2, clock)
    assert [bucket.take() for _ in range(6)] == [True, True, False, False, True, True]
    assert kept(["a", "b", "c"], sample_rate=1) == ["a"]
    assert kept(["a"], sample_rate=0) == []


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({"SPANWISE_SAMPLE": "0"}, 0),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, 0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, 0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, 1),
        ({"OTEL_TRACES_SAMPLER": "always_off", "SPANWISE_SAMPLE": "1"}, 1),
    ],
)
def test_the_environment_decides_too(variables: dict[str, str], count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert len(kept(["a"])) == count


@pytest.mark.parametrize("settings", [{"sample": 1.5}, {"sample_rules": {"x": -1}}, {"smaple": 1}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(spanwise.SettingsError):
        kept([], **settings)


def request(name: str, *, fails: bool = False) -> None:
    with suppress(ValueError), spanwise.span(name), spanwise.span("child"):
        if fails:
            raise ValueError("no")


def test_failed_and_slow_work_is_kept_whole_though_it_was_not_sampled() -> None:
    with capture(sample=0.0, keep_errors=True) as seen:
        request("fine")
        request("failing", fails=True)
    assert [span.name for span in seen.spans] == ["child", "failing"]
    with capture(sample=0.0, keep_slower_than=4) as seen:
        request("quick")
        with spanwise.span("slow"):
            request("a")
            request("b")
    # The clock ticks a second at each start and end.
    assert [span.name for span in seen.spans] == ["child", "a", "child", "b", "slow"]


def test_what_ends_after_its_root_shares_the_decision() -> None:
    with capture(sample=0.0, keep_errors=True) as seen:
        assert state.active is not None
        with suppress(ValueError), spanwise.span("root"):
            late = state.active.tracer.start_span("late")
            raise ValueError("no")
        late.end()
    assert [span.name for span in seen.spans] == ["root", "late"]


FORKED_AMID_A_DECISION = """
import os, signal, threading
from spanwise.sampling import Root

root = Root(1.0, rate=100.0)
held, over = threading.Event(), threading.Event()

def decide():
    with root._bucket._lock:
        held.set()
        over.wait()

thread = threading.Thread(target=decide)
thread.start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(10)
    root.should_sample(None, 1, "a")
    os._exit(0)
_, status = os.waitpid(child, 0)
over.set()
thread.join()
print(status)
"""


def test_a_fork_amid_a_decision_of_another_thread_holds_the_child_up_for_nothing(tmp_path: Path) -> None:
    done = run_script(FORKED_AMID_A_DECISION, "http://127.0.0.1:9", tmp_path)
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr
