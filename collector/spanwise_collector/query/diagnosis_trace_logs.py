"""What the log records of one trace say, and how many traces of its root have such records."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnClause, Select, column, func, select, text

from spanwise_collector.diagnose.finding import UsualLogs
from spanwise_collector.diagnose.log_counts import LogRow
from spanwise_collector.query.diagnosis_logged import Texts
from spanwise_collector.query.diagnosis_window import LONGEST_TRACE, Selection
from spanwise_collector.query.trace_place import Place
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, logs

MOST_RECORDS: Final = 1_000
_SQL: Final = Path(__file__).with_name("diagnosis_trace_logs.sql").read_text(encoding="utf-8")
_COLUMNS: Final = ("service", "pattern", "n")


@dataclass(frozen=True, slots=True)
class Said:
    """Log records of a trace, the first thousand, and in how many usual traces those of each form occur."""

    records: Sequence[Any]
    counted: Sequence[Any]

    def of(self, engine: Engine, project: str, traces: int) -> tuple[list[LogRow], UsualLogs]:
        """The records, and the templates of the `traces` that are usual."""
        if not self.records and not self.counted:
            return [], UsualLogs()
        texts = Texts(engine, project, {(row.service, row.pattern) for row in (*self.records, *self.counted)})
        having: dict[tuple[str, str], int] = {}
        for row in self.counted:
            key = row.service, texts.of(row)
            # Of a template's forms a trace may have several: none has it less often than its most frequent one.
            having[key] = max(having.get(key, 0), row.n)
        return [texts.record(row) for row in self.records], UsualLogs(having, traces if having else 0)


def records(engine: Engine, place: Place) -> Sequence[Any]:
    """The first thousand log records of a trace."""
    columns = logs.c
    query = (
        select(
            columns.service,
            columns.instance,
            columns.pattern,
            columns.severity_number.label("severity"),
            columns.time_unix_nano.label("time"),
            columns.span_id,
            func.toValidUTF8(func.substring(columns.body, 1, 1024)).label("body"),
        )
        .where(*place.logs())
        .order_by(columns.time_unix_nano, columns.service, columns.span_id)
        .limit(MOST_RECORDS)
    )
    return engine.read(query)


def counted(engine: Engine, project: str, usual: Selection) -> Sequence[Any]:
    """In how many of some traces log records of each form occur."""
    bound = {
        "project": project,
        "first_minute": max(0, usual.start // MINUTE - LONGEST_TRACE),
        "last_minute": usual.end // MINUTE + LONGEST_TRACE,
        "ids": usual.ids,
    }
    statement = text(_SQL).bindparams(**bound)
    columns: list[ColumnClause[Any]] = [column(each) for each in _COLUMNS]
    query: Select[*tuple[Any, ...]] = select(*columns).select_from(statement.columns(*columns).subquery("counted"))
    return engine.read(query)
