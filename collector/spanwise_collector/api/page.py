"""Pages without a script, for screen readers, text browsers and mail: a trace, and what all of them share."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from spanwise_collector.api import drawing
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.trace import Trace

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:14px/1.5 system-ui,sans-serif;margin:16px;background:Canvas;color:CanvasText}"
    "h1{font-size:22px;line-height:1.3;overflow-wrap:anywhere}h2{font-size:16px}"
    "table{border-collapse:collapse;width:100%}th{text-align:left}"
    "td,th{padding:2px 8px 2px 0;vertical-align:top;border-top:1px solid #8884}"
    ".trace td:nth-child(3){width:35%}svg{width:100%;height:12px}svg.trend{height:64px}rect{fill:#4f91f2}"
    ".failed rect{fill:#b3261e}.failed strong{color:#b3261e}.num{text-align:right;white-space:nowrap}"
    ".log{font:12px/1.5 ui-monospace,monospace;margin:0 0 0 16px;overflow-wrap:anywhere}"
    "dl{margin:4px 0 4px 16px}dt{font-weight:600}dd{margin:0 0 0 16px;overflow-wrap:anywhere}"
    "form{display:flex;flex-wrap:wrap;gap:8px}input{max-width:100%}.text{overflow-wrap:anywhere}"
    "ol{padding-left:32px}li{overflow-wrap:anywhere}.library{opacity:.75}pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "form label{max-width:100%}.rows td:empty{display:none}"
    # Rows whose cells stand below each other: beside each other they would leave the text a column of letters.
    "@media (max-width:640px){.rows,.rows tbody,.rows tr,.trace,.trace tbody{display:block}"
    ".rows thead,.trace thead,.stacked thead{display:none}"
    ".stacked,.stacked tbody,.stacked tr,.stacked td{display:block}"
    ".stacked tr{padding:4px 0;border-top:1px solid #8884}"
    ".stacked td{border:0;padding:0;text-align:left;overflow-wrap:anywhere}"
    ".stacked td:before{content:attr(data-is) ' ';opacity:.75}"
    ".rows tr{padding:6px 0;border-top:1px solid #8884}.rows td{display:inline;border:0}.rows .text{display:block}"
    ".trace tr{display:grid;grid-template-columns:1fr auto;border-top:1px solid #8884}"
    ".trace td{border:0;overflow-wrap:anywhere}"
    ".trace td:nth-child(1){grid-area:1/1}.trace td:nth-child(4){grid-area:1/2}"
    ".trace td:nth-child(2){grid-area:2/1/3/3}.trace td:nth-child(3){grid-area:3/1/4/3;width:auto}}"
    "@media (prefers-color-scheme:dark){.failed rect{fill:#ff6b5e}.failed strong{color:#ff6b5e}}"
) + "".join(f".d{depth}{{padding-left:min({depth * 14}px,{depth * 2}vw)}}" for depth in range(1, 21))
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"

HTML: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
"""What `answer` gives, for a route's `responses`."""

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("spanwise_collector.api"), autoescape=True, undefined=StrictUndefined
)


def html(trace: Trace, logs: Sequence[LogRecord]) -> str:
    """The whole trace; every text of telemetry is escaped."""
    gaps, gap_count = drawing.gaps(trace)
    return rendered(
        "trace.html",
        trace=trace,
        gaps=gaps,
        gap_count=gap_count,
        rows=drawing.rows(trace, logs),
        rest=drawing.apart(trace, logs),
        heading=drawing.heading(trace),
        duration=drawing.duration,
        moment=drawing.moment,
    )


def rendered(template: str, **given: object) -> str:
    """A template of `templates/` in the style that `answer` allows."""
    return _ENVIRONMENT.get_template(template).render(style=_STYLE, **given)


def answer(content: str, *, asks: bool = False) -> Response:
    """The page under a policy by which nothing is loaded and nothing runs; one that `asks` has a form.

    Its own style is known by its hash.
    """
    forms = "form-action 'self'" if asks else "form-action 'none'"
    headers = {"Content-Security-Policy": f"{_POLICY}; {forms}"}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)
