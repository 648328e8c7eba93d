"""A group of errors as a page without a script: `GET /api/v1/errors/{fingerprint}.html`."""

from itertools import groupby

from spanwise_collector.api import drawing, page
from spanwise_collector.api.error_models import ErrorGroup

_BARS = 100


def html(group: ErrorGroup) -> str:
    """The whole group; every text of telemetry is escaped."""
    most = max((each.count for each in group.counts), default=1)
    whole = group.end_unix_nano - group.start_unix_nano
    bars = [
        (
            round((each.time_unix_nano - group.start_unix_nano) / whole * 1000, 1),
            max(1.0, round(each.count / most * _BARS, 1)),
        )
        for each in group.counts
    ]
    return page.rendered(
        "error.html",
        group=group,
        stretches=[(library, list(frames)) for library, frames in groupby(group.frames, lambda each: each.library)],
        bars=bars,
        bar_width=round(max(2.0, group.step / whole * 1000 - 1), 1),
        moment=drawing.moment,
        duration=drawing.duration,
    )
