"""When a trace began and ended, by all of its rows: spans that are dated by a broken clock do not stretch it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, func

from spanwise_collector.store.tables import traces

NO_ROOT: Final = (1 << 64) - 1
"""The start of the root of a trace that has none (050_traces.sql)."""

_DAY: Final = 86_400_000_000_000
_columns: Final = traces.c
_days_late: Final = func.toInt64(func.toRelativeDayNum(func.YYYYMMDDToDate(_columns.received_day))) - func.toInt64(
    func.intDiv(_columns.end_time_unix_nano, _DAY)
)
# Whether the clock of a row is believed: the days of 050_traces.sql, and one more on either side for rows that were
# merged over midnight.
DATED: Final = _days_late.between(-2, 8)


def _of_dated(extreme: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.if_(
        func.countIf(DATED) > 0, getattr(func, f"{extreme}If")(column, DATED), getattr(func, extreme)(column)
    )


BEGAN: Final = _of_dated("min", _columns.start_time_unix_nano)
ENDED: Final = func.greatest(_of_dated("max", _columns.end_time_unix_nano), BEGAN)
