"""Telemetry whose every field is meant to hurt: nothing of it runs or is loaded, nothing hides and nothing freezes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from playwright.sync_api import BrowserContext, expect

from tests.e2e.addresses import ADDRESSES, comes_to_rest, filled
from tests.e2e.browsing import chromium, visiting
from tests.e2e.running import Collector, eventually, running_collector
from tests.e2e.seeded import SECOND, send
from tests.factories import key_values, logs, record, span, trace_ids, traces

pytestmark = pytest.mark.browser

# Markup that runs where it is taken for such, a way out of an attribute, a template, a control character, text turned
# round, a character without width, and a link that is a script.
EVIL: Final = (
    "<script>window.ran=1</script><img src=x onerror=window.ran=2><svg onload=window.ran=3>"
    "\"'><iframe srcdoc='<script>parent.ran=4</script>'></iframe>{{window.ran=5}}"
    "\x07\x1b[31m\u202egnp.exe\u2066\u200bjavascript:window.ran=6"
)
# Small enough for a span of ten thousand of them to be taken.
SMALL: Final = "<img src=x onerror=window.ran=7>\u202e"
ATTRIBUTES: Final = 10_000
LETTERS: Final = 1_000_000
TRACES: Final = 80
RESOURCE: Final[dict[str, Any]] = {
    "service.instance.id": EVIL,
    "service.version": EVIL,
    "host.name": EVIL,
    "service.namespace": EVIL,
    # What every object of the language has, and nobody means.
    "constructor": EVIL,
    "__proto__": EVIL,
    EVIL: EVIL,
}
STACK: Final = f'Traceback (most recent call last):\n  File "{EVIL}", line 1, in {EVIL}\n    {EVIL}'
# Tells of what the policy has refused; and of dialogs, which only a script could open.
_WATCH: Final = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (event) =>
    window.refused.push([event.violatedDirective, event.blockedURI, event.sample]));
"""
# What a text of telemetry must never have become, where it turns text round, and where a link would run it.
_LOOK: Final = r"""
() => {
  const turned = /[\u0000-\u0008\u000b-\u001f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
  const named = ['title', 'aria-label', 'placeholder', 'alt'];
  const hidden = [...document.querySelectorAll('*')].flatMap((element) =>
    named.map((name) => element.getAttribute(name)).filter((text) => text !== null && turned.test(text)));
  return {
    ran: window.ran ?? null,
    refused: window.refused,
    made: [...document.querySelectorAll('iframe, object, embed, img, svg[onload], script:not([src]), [onerror]')]
      .map((element) => element.outerHTML.slice(0, 200)),
    links: [...document.querySelectorAll('a[href]')].map((link) => link.protocol).filter((each) => each !== 'http:'),
    turned: turned.test(document.body.innerText) || turned.test(document.title),
    hidden,
  };
}
"""
HARMLESS: Final[dict[str, Any]] = {"ran": None, "refused": [], "made": [], "links": [], "turned": False, "hidden": []}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, str]]:
    """A collector that was sent all of it and has looked for what is broken; with the id of the heaviest trace."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    with running_collector(data, options=("--look-interval", "1s", "--look-window", "60s")) as collector:
        now = time.time_ns()
        alike = trace_ids(2)
        # Until a minute ago all was well; since then all of them fail, so that home has something to say.
        orders = [
            _Order(trace_id, now - (170 - 2 * number) * SECOND, fails=number >= 56)
            for number, trace_id in enumerate(trace_ids(TRACES))
        ]
        heaviest = orders[-1].trace_id
        send(
            collector,
            traces([order.root() for order in orders], EVIL, **RESOURCE),
            # Written behind each other with a blank between them, the two are the same.
            traces(
                [span(alike[0], start_time_unix_nano=now - SECOND, end_time_unix_nano=now)],
                "a b",
                **{"service.instance.id": "c"},
            ),
            traces(
                [span(alike[1], start_time_unix_nano=now - SECOND, end_time_unix_nano=now)],
                "a",
                **{"service.instance.id": "b c"},
            ),
            traces([order.call(heavy=order.trace_id == heaviest) for order in orders], f"{EVIL} 2", **RESOURCE),
            logs(
                [order.line("B" * LETTERS if order.trace_id == heaviest else "") for order in orders], EVIL, **RESOURCE
            ),
        )
        stored = eventually(
            lambda: [collector.get("/status")[each] for each in ("span_count", "log_count")],
            lambda counts: counts == [2 * TRACES + 2, TRACES],
        )
        assert stored == [2 * TRACES + 2, TRACES]
        found = eventually(lambda: collector.get("/problems")["problems"], bool)
        assert found, collector.get("/problems")["last_look"]
        yield collector, heaviest


@dataclass(frozen=True, slots=True)
class _Order:
    trace_id: str
    start: int
    fails: bool

    def root(self) -> Span:
        return self._span(1, 0, SECOND)

    def call(self, *, heavy: bool) -> Span:
        made = self._span(2, 1, SECOND // 2)
        if heavy:
            made.attributes.extend(key_values({f"{SMALL} {number}": SMALL for number in range(ATTRIBUTES)}))
            made.attributes.extend(
                key_values({"long": "<b>" + "A" * LETTERS, "list": [EVIL] * 200, "map": {EVIL: EVIL}})
            )
        return made

    def _span(self, number: int, parent: int, length: int) -> Span:
        end = self.start + length
        made = span(
            self.trace_id,
            number,
            parent,
            name=EVIL,
            kind=2,
            start_time_unix_nano=self.start,
            end_time_unix_nano=end,
            trace_state="a=<script>",
            attributes={EVIL: EVIL, "http.route": EVIL, "db.system": EVIL, "peer.service": EVIL, "db.statement": EVIL},
        )
        made.links.add(trace_id=bytes.fromhex(self.trace_id), span_id=b"12345678", attributes=key_values({EVIL: EVIL}))
        if self.fails:
            made.status.code = Status.STATUS_CODE_ERROR
            made.status.message = EVIL
            thrown = {"exception.type": EVIL, "exception.message": EVIL, "exception.stacktrace": STACK}
            made.events.add(name="exception", time_unix_nano=end - 1, attributes=key_values(thrown))
            made.events.add(name=EVIL, time_unix_nano=end - 1, attributes=key_values({EVIL: EVIL}))
        return made

    def line(self, more: str) -> LogRecord:
        return record(
            f"{EVIL} {more}",
            time=self.start + 1,
            severity_number=17 if self.fails else 9,
            severity_text=EVIL,
            trace_id=self.trace_id,
            span_id=f"{1:016x}",
            attributes={EVIL: EVIL},
            event_name=EVIL,
        )


@pytest.fixture(scope="module")
def context(attacked: tuple[Collector, str]) -> Iterator[BrowserContext]:
    """Pages that write down what was refused; a complaint on the console fails the test."""
    # Evil written as a search is refused.
    with chromium() as browser, visiting(browser, attacked[0].address, expected="status of 400") as context:
        context.add_init_script(_WATCH)
        context.set_default_timeout(20_000)
        yield context


# What was sent, where an address holds a search, an id or a part of the view.
MISUSED: Final = (
    "/traces?q={service}",
    "/t/{service}",
    "/t/{trace}?sel={service}&find={service}",
    # Words that every object of the language has.
    "/constructor",
    "/settings/constructor",
    "/traces?q=constructor:a",
    "/logs?cols=constructor,__proto__",
    "/diagnosis?from=now-60s&against=constructor",
)


@pytest.mark.parametrize("address", [*ADDRESSES, *MISUSED])
def test_no_screen_runs_loads_or_is_turned_round_by_what_was_sent(
    context: BrowserContext, attacked: tuple[Collector, str], address: str
) -> None:
    collector, trace_id = attacked
    error = collector.get("/errors")["errors"][0]["fingerprint"] if "{error}" in address else ""
    pattern = collector.get("/patterns")["patterns"][0]["id"] if "{pattern}" in address else ""
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog was opened: {dialog.message}"))
    names = {"trace": trace_id, "other": trace_id, "error": error, "pattern": pattern, "since": "now-60s"}
    page.goto(filled(address, {**names, "service": EVIL, "operation": EVIL}))
    page.get_by_role("heading", level=1).wait_for(state="attached")
    if comes_to_rest(address):
        page.wait_for_load_state("networkidle")
    assert page.evaluate(_LOOK) == HARMLESS
    page.close()


def test_ten_thousand_attributes_and_values_of_a_megabyte_are_opened_without_a_freeze(
    context: BrowserContext, attacked: tuple[Collector, str]
) -> None:
    page = context.new_page()
    page.goto(f"/t/{attacked[1]}?sel={2:016x}")
    attributes = page.get_by_role("table", name="Attributes", exact=True)
    filtered = page.get_by_label("Filter attributes")
    filtered.fill("long")
    attributes.get_by_role("button", name=f"All {LETTERS + 3:,} characters").click()
    expect(attributes.get_by_role("cell")).to_contain_text("A" * 3000)
    filtered.fill("")
    page.get_by_role("button", name="Show all 10,0").click()
    last = attributes.get_by_role("row").filter(has_text=f"␟202e {ATTRIBUTES - 1}")
    expect(last).to_be_attached(timeout=30_000)
    page.get_by_role("listbox", name="Log lines").get_by_role("option").first.click()
    expect(page.get_by_role("article", name="Log record")).to_contain_text("BBB")
    assert page.evaluate(_LOOK) == HARMLESS
    page.close()
