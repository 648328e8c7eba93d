"""Every threshold can be set, does what it says, and is written down."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import spanwise_collector
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import diagnosis, diagnosis_trace, failures
from spanwise_collector.app import running
from spanwise_collector.diagnose.explain import RULES
from spanwise_collector.diagnose.features import Moments, Row, rise, shift
from spanwise_collector.diagnose.finding import Finding, Subject, UsualLogs
from spanwise_collector.diagnose.log_counts import LogRow
from spanwise_collector.diagnose.thresholds import DEFAULTS, OfTraces, Thresholds, known
from spanwise_collector.diagnose.verdict import judge
from spanwise_collector.errors import SettingError
from spanwise_collector.model.span import CONSUMER, ERROR, PRODUCER, Event, Span
from spanwise_collector.model.value import Value
from spanwise_collector.settings import Settings

from tests.collector.diagnose.conftest import project_of
from tests.collector.diagnose.counted import calls, durations, edge, ends, self_time
from tests.collector.diagnose.minutes import BEGIN, trace_id
from tests.collector.diagnose.subjects import MS, in_ms, subject
from tests.collector.inside import Inside
from tests.factories import MINUTE

ROOT = in_ms(1, 0, 0, 100, "shop/get")
Case = tuple[str, list[Span], list[Row]]


def slow(took: float = 100) -> Case:
    return "slow", [in_ms(1, 0, 0, took, "shop/get")], self_time("shop/get", [10] * 40)


def queued() -> Case:
    spans = [in_ms(1, 0, 0, 20, "shop/order"), in_ms(2, 1, 10, 11, "shop/publish", kind=PRODUCER)]
    spans.append(in_ms(3, 2, 40, 60, "mailer/send", kind=CONSUMER))
    return "queued", spans, edge("shop/publish", "mailer/send", [5] * 40, [1] * 40)


def gave_up(took: float) -> Case:
    spans = [in_ms(1, 0, 0, 20, "shop/call", status_code=ERROR), in_ms(2, 1, 1, took, "pay/charge")]
    return "timeout", spans, [*edge("shop/call", "pay/charge", [1] * 40, [1] * 40), *durations("pay/charge", [30] * 40)]


def alike(n: int, **fields: object) -> list[Span]:
    return [ROOT, *(in_ms(9 + at, 1, at * 10, at * 10 + 9, "db/find", **fields) for at in range(n))]


def at_once() -> Case:
    return "fan_out", [ROOT, *(in_ms(9 + at, 1, 0, 90 if at == 7 else 40, "shard/find") for at in range(8))], []


def statement(text: str, took: float, **more: object) -> Case:
    asked = in_ms(2, 1, 0, took, "shop/SELECT", attributes={"db.query.text": text, **more})
    return "sql", [in_ms(1, 0, 0, 300, "shop/get"), asked], []


def waited() -> Case:
    said: Mapping[str, Value] = {"spanwise.wait.for": "thread", "spanwise.wait.duration": 20 * MS}
    return "wait", [in_ms(1, 0, 0, 100, "shop/get", events=(Event(0, "spanwise.wait", said),))], []


def cold() -> Case:
    return "cold_start", [in_ms(1, 0, 0, 40, "shop/get")], self_time("shop/get", [10] * 40)


def storm(levels: Sequence[int]) -> Case:
    spans, above = [in_ms(1, 0, 0, 900, "edge/get", status_code=ERROR)], [1]
    for depth, times in enumerate(levels):
        below = []
        for parent in above:
            for _ in range(times):
                below.append(len(spans) + 1)
                at = 10 * below[-1]
                name = "stock/find" if depth == len(levels) - 1 else "shop/call"
                spans.append(in_ms(below[-1], parent, at, at + 5, name, status_code=ERROR))
        above = below
    return "storm", spans, []


def in_sequence() -> Case:
    return "sequential", [ROOT, *(in_ms(n, 1, n * 30 - 58, n * 30 - 30, f"all/call {n}") for n in (2, 3, 4))], []


UNBOUNDED, BOUNDED = "SELECT * FROM t", "SELECT * FROM t WHERE id = ?"
ENDS = [*calls("shop/get", 100, nothing=1)]
PATH = [*calls("shop/get", 100), *ends("shop/get", "audit/note", 1, 0)]

# A trace with the fault that is told by default, and a threshold with which it is a near miss.
TOLD: dict[str, tuple[Case, float]] = {
    "granted_spread": (slow(), 1.5),
    "known_spans": (slow(), 41),
    "slow_spreads": (slow(), 25),
    "slow_share": (slow(), 0.95),
    "queued_spreads": (queued(), 25),
    "queued_wait": (queued(), 31),
    "early_end_rare": (("early_end", [ROOT], ENDS), 0.005),
    "path_rare": (("path", [ROOT, in_ms(2, 1, 0, 9, "audit/note")], PATH), 0.005),
    # Nobody outlived anybody: only the usual time tells.
    "timeout_ratio": (("timeout", [in_ms(1, 0, 0, 33, "shop/call", status_code=ERROR)], gave_up(25)[2]), 1),
    "timeout_outlived": (gave_up(25), 6),
    "wait_share": (waited(), 0.3),
    "cold_start_age": (cold(), 1),
    "cold_start_ratio": (cold(), 5),
    "cold_start_share": (cold(), 0.9),
    "sql_time": (statement(BOUNDED, 150), 200),
    "sql_share": (statement(BOUNDED, 150), 0.6),
    "sql_unbounded_share": (statement(UNBOUNDED, 50), 0.3),
    "sql_rows": (statement(BOUNDED, 50, **{"db.response.returned_rows": 2000}), 3000),
    "fan_out_calls": (at_once(), 9),
    "fan_out_ratio": (at_once(), 3),
    "fan_out_share": (at_once(), 0.6),
    "storm_tries": (storm([2, 2]), 5),
    "storm_levels": (storm([2, 2]), 3),
    "storm_tries_of_one": (storm([6]), 7),
    "repeated_calls": (("repeated", alike(5), []), 6),
    "repeated_share": (("repeated", alike(5), []), 0.5),
    "sequential_calls": (in_sequence(), 4),
    "sequential_share": (in_sequence(), 0.7),
    "sequential_gap": (in_sequence(), 0.01),
}
USUAL_LOGS = UsualLogs({("shop", "always"): 99, ("shop", "seldom"): 1}, 100)


def findings(case: Case, **set_: float) -> Sequence[Finding]:
    rule, spans, history = case
    young = {("shop", "shop-1"): -60_000 * MS}
    return RULES[rule](replace(subject(spans, history, Thresholds.of(set_.items())), first_seen=young))


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_of_a_trace_is_a_near_miss_with_a_stricter_threshold(name: str) -> None:
    case, stricter = TOLD[name]
    assert len(findings(case)) == 1
    assert findings(case, **{name: stricter}) == []


def logged(**set_: float) -> Subject:
    made = subject([ROOT], thresholds=Thresholds.of(set_.items()))
    said = [LogRow("shop", "shop-1", each, 9, 0, 1, 7, "a", "b", each) for each in ("new", "seldom")]
    return replace(made, records=said, usual_logs=USUAL_LOGS)


@pytest.mark.parametrize(
    ("rule", "set_", "n"),
    [
        ("log_new", {}, 2),
        ("log_new", {"log_rare": 0.005}, 1),
        ("log_new", {"log_templates": 1}, 1),
        ("log_missing", {}, 1),
        ("log_missing", {"log_common": 1.0}, 0),
    ],
)
def test_log_records_are_unusual_from_their_thresholds_on(rule: str, set_: Mapping[str, float], n: int) -> None:
    assert len(RULES[rule](logged(**set_))) == n


def test_how_soon_a_call_fails_tells_whether_it_was_refused() -> None:
    spans = [in_ms(1, 0, 0, 8, "shop/call", status_code=ERROR)]
    case = ("missing", spans, edge("shop/call", "pay/charge", [1] * 40, [1] * 40))
    assert [each.claim.endswith("refused.") for set_ in (5, 9) for each in findings(case, missing_quick=set_)] == [
        False,
        True,
    ]


def test_every_threshold_of_a_trace_is_among_these() -> None:
    others = {"log_rare", "log_common", "log_templates", "missing_quick"}
    assert set(OfTraces.__annotations__) == (set(TOLD) | others) - {"granted_spread"}


def test_every_threshold_is_read_by_a_rule() -> None:
    package = Path(spanwise_collector.__file__).parent
    files = [*(package / "diagnose").glob("*.py"), *(package / "query").glob("*.py")]
    source = "\n".join(file.read_text("utf-8") for file in files)
    assert [each.name for each in known() if not re.search(rf"(?:thresholds|limits)\.{each.name}\b", source)] == []


BEFORE = [*self_time("shop/pay", [10, 11, 12] * 10), *calls("shop/pay", 30)]
SLOWER = [*self_time("shop/pay", [30] * 20), *calls("shop/pay", 20)]
MORE = [*BEFORE, *ends("shop/get", "db/find", 20, 20, times=2)]


@pytest.mark.parametrize(
    ("now", "set_", "rules"),
    [
        (SLOWER, {}, ["self_time"]),
        (SLOWER, {"granted_spread": 50}, []),
        (SLOWER, {"standard_errors": 100}, []),
        (SLOWER, {"window_spans": 21}, []),
        (SLOWER, {"baseline_spans": 31}, []),
        (MORE, {}, ["more_calls"]),
        (MORE, {"more_calls_ratio": 2.5}, []),
        (MORE, {"more_calls_spans": 21}, []),
    ],
)
def test_a_window_is_judged_by_its_thresholds(now: list[Row], set_: dict[str, float], rules: list[str]) -> None:
    before = [*BEFORE, *ends("shop/get", "db/find", 20, 20)]
    found = judge(before, now, thresholds=Thresholds.of(set_.items()))
    assert [blame.rule for each in found for blame in each.blames] == rules


def test_few_spans_are_granted_more_and_shares_less_their_errors() -> None:
    few, now = Moments(2, 2 * 16.0, 2 * 256.0), Moments(20, 20 * 17.0, 20 * 289.0)
    assert shift(few, now, DEFAULTS) < shift(few, now, replace(DEFAULTS, granted_to_few=0.01))
    shares = Moments(50, 0, 0), Moments(50, 10, 10)
    assert rise(*shares, DEFAULTS) < rise(*shares, replace(DEFAULTS, standard_errors=0))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("slow_spread", 4), "there is no threshold 'slow_spread'; did you mean 'slow_spreads'?"),
        (("n+1", 4), "there is no threshold 'n+1'; did you mean '"),
        (("slow_share", 1.5), "slow_share cannot be 1.5; expected a share from 0 to 1."),
        (("fan_out_calls", 2.5), "fan_out_calls cannot be 2.5; expected a whole number from 1 to 1,000,000."),
        (("sql_time", -1), "sql_time cannot be -1; expected milliseconds from 0 to 86,400,000."),
    ],
)
def test_what_cannot_be_set_is_said_with_the_nearest_name_or_the_range(given: tuple[str, float], said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(f"--threshold: {said}")):
        Thresholds.of([given])


def test_every_default_is_within_its_own_range() -> None:
    assert Thresholds.of((each.name, float(getattr(DEFAULTS, each.name))) for each in known()) == DEFAULTS
    assert DEFAULTS.changed() == {}


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANWISE_THRESHOLD", raising=False)
    return tmp_path


def test_they_are_given_as_flags_in_a_variable_or_as_a_table(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load([]).threshold == ()
    (clean / "spanwise.toml").write_text("[threshold]\nslow_spreads = 4\nsql_time = 50.5\n")
    assert Settings.load([]).threshold == (("slow_spreads", 4.0), ("sql_time", 50.5))
    monkeypatch.setenv("SPANWISE_THRESHOLD", "slow_spreads=5  sql_rows=10")
    assert Settings.load([]).threshold == (("slow_spreads", 5.0), ("sql_rows", 10.0))
    flags = ["--threshold", "slow_spreads=6", "--threshold", "slow_spreads=7"]
    assert Thresholds.of(Settings.load(flags).threshold).changed() == {"slow_spreads": 7.0}


@pytest.mark.parametrize("text", ["slow_spreads", "=4", "slow_spreads=much", "slow_spreads=nan", "slow_spreads=1e999"])
def test_what_is_no_name_with_a_number_is_refused(clean: Path, text: str) -> None:
    with pytest.raises(SettingError, match="expected NAME=VALUE with a number"):
        Settings.load(["--threshold", text])


def test_a_collector_does_not_begin_with_a_threshold_that_there_is_not(clean: Path) -> None:
    settings = Settings.load(["--data", str(clean / "data"), "--threshold", "slow_spread=4"])

    async def begin() -> None:
        async with running(settings):
            pass

    with pytest.raises(SettingError, match="did you mean 'slow_spreads'"):
        asyncio.run(begin())
    assert not (clean / "data").exists()


def test_a_verdict_says_which_thresholds_were_set_otherwise(collector: Inside, api: TestClient) -> None:
    app, made = FastAPI(), APIRouter(prefix="/api/v1")
    strict = Thresholds.of([("notable_score", 1.0), ("slow_spreads", 900.0), ("history_traces", 1_000)])
    diagnosis.add(made, collector.engine, project_of, thresholds=strict)
    diagnosis_trace.add(made, collector.engine, project_of, 1000, strict)
    app.include_router(made)
    failures.install(app, print)
    window = {"start": BEGIN + MINUTE, "end": BEGIN + 2 * MINUTE}
    baseline = {"baseline_start": BEGIN, "baseline_end": BEGIN + MINUTE}
    paths = [("/api/v1/diagnosis", window | baseline), (f"/api/v1/traces/{trace_id(1, 0)}/diagnosis", baseline)]
    found = []
    for client in (api, TestClient(app)):
        answers = [client.get(path, params=params).json() for path, params in paths]
        found.append([(each["verdict"], each["checked"]["thresholds"]) for each in answers])
    set_ = {"history_traces": 1000.0, "notable_score": 1.0, "slow_spreads": 900.0}
    assert found == [[("culprit", {}), ("findings", {})], [("not enough history", set_), ("not enough history", set_)]]
