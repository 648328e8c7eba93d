"""Log records as a page without a script: `GET /api/v1/logs.html`."""

from typing import Final
from urllib.parse import urlencode

from spanwise_collector.api import drawing, page
from spanwise_collector.api.parameters import LogQuery
from spanwise_collector.model.log import SEVERITIES, LogRecord, severity_name
from spanwise_collector.query.page import Page

_ALWAYS: Final = ("0", "ever")
_RANGES: Final = (
    ("now-15m", "15 minutes ago"),
    ("now-1h", "an hour ago"),
    ("now-24h", "a day ago"),
    ("now-7d", "a week ago"),
    _ALWAYS,
)


def html(asked: LogQuery, found: Page[LogRecord], order: str) -> str:
    """The records that were found, the search as a form, and the way to the next; every text is escaped."""
    given = asked.model_dump(mode="json", exclude={"cursor"}, exclude_none=True, exclude_defaults=True)
    start = given.get("start", _ALWAYS[0])
    known = [value for value, _ in _RANGES]
    view = {"q": asked.q, "from": asked.start or "all", "to": asked.end}
    return page.rendered(
        "logs.html",
        asked=asked,
        kept={name: value for name, value in given.items() if name not in ("q", "start")},
        ranges=_RANGES if start in known else ((start, str(start)), *_RANGES),
        found=found,
        order=order,
        scripted="../../logs?" + urlencode({name: value for name, value in view.items() if value}),
        next=found.next_cursor and "?" + urlencode(given | {"cursor": found.next_cursor}),
        error=SEVERITIES["ERROR"],
        level=lambda record: record.severity_text or severity_name(record.severity_number),
        moment=drawing.moment,
    )
