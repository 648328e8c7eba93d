"""Log records that normal traces have not, and such as are missing."""

from __future__ import annotations

from dataclasses import replace

from spanwise_collector.diagnose.finding import Subject, UsualLogs
from spanwise_collector.diagnose.log_counts import LogRow
from spanwise_collector.diagnose.trace_logs import bad_records, missing_records, new_records

from tests.collector.diagnose.subjects import in_ms, subject, told

USUAL = UsualLogs({("shop", "item <*> shown"): 100, ("shop", "cache missed"): 40}, 100)


def record(template: str, severity: int = 9, text: str = "") -> LogRow:
    return LogRow("shop", "shop-1", template, severity, 0, 1, 7, "ab" * 16, "cd" * 8, text or template)


def given(*records: LogRow, usual: UsualLogs = USUAL) -> Subject:
    return replace(subject([in_ms(1, 0, 0, 100, "shop/get")]), records=records, usual_logs=usual)


def test_a_record_that_normal_traces_do_not_have_is_told() -> None:
    made = given(record("took path <*>", text="took path 7"), record("no stock of <*>", 17), record("item <*> shown"))
    assert told(bad_records(made)) == [("shop", 0.0, "shop logged “no stock of <*>”, as 0 of 100 normal traces do.")]
    assert told(new_records(made)) == [("shop", 0.0, "shop logged “took path 7”, as 0 of 100 normal traces do.")]
    assert [(each.rule, each.evidence[0].time) for each in bad_records(made)] == [("log_error", 7)]


def test_what_some_normal_traces_log_is_not_unusual() -> None:
    assert new_records(given(record("cache missed"), record("item <*> shown"))) == []
    assert len(new_records(given(record("a"), record("b"), record("c"), record("d")))) == 3


def test_a_record_that_all_normal_traces_have_is_missed() -> None:
    assert told(missing_records(given(record("cache missed")))) == [
        ("shop", 0.0, "shop did not log “item <*> shown”, as 100% of normal traces do.")
    ]
    assert missing_records(given(record("item <*> shown"))) == []


def test_without_history_or_without_any_record_nothing_is_said() -> None:
    thin = UsualLogs({("shop", "item <*> shown"): 29}, 29)
    assert bad_records(given(record("x", 17), usual=thin)) == []
    assert missing_records(given(record("x"), usual=thin)) == []
    assert missing_records(given()) == []
