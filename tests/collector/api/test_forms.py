"""A trace in its other forms: JSON, OTLP that is taken in again, text for a terminal, a page without a script."""

from __future__ import annotations

import asyncio
import html
import json
import re
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.query import trace

from tests.collector.inside import Inside
from tests.factories import START, key_values, logs, record, span, trace_ids, traces

EVIL = "<script>alert(1)</script>\x1b[31m\u202e\n{{7*7}}"


def ask(collector: Inside, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(collector.collector.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(asked())


def everything(trace_id: str) -> list[Span]:
    """Two spans, the second with all that OTLP can say."""
    full = span(
        trace_id, 2, 1, kind=3, status=2, trace_state="a=b", flags=0x101, dropped_attributes_count=3,
        dropped_events_count=4, dropped_links_count=5, name=EVIL,
        attributes={"s": "x", "i": 7, "d": 1.0, "b": True, "y": b"\x00\xff", "l": [1, "a"], "m": {"k": [1.5]},
                    "e": EVIL},
    )  # fmt: skip
    full.status.message = "card declined"
    full.events.add(time_unix_nano=START + 5, name="retry", attributes=key_values({"n": 1}), dropped_attributes_count=1)
    full.links.add(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, trace_state="c=d", flags=1)
    return [span(trace_id, 1, kind=2, name="GET /pay"), full]


def test_otlp_goes_out_and_in_again_as_the_same_trace(collector: Inside) -> None:
    [one] = trace_ids(1)
    collector.send("default", traces(everything(one), **{"service.instance.id": "i", "region": "eu"}))
    whole = ask(collector, f"/api/v1/traces/{one}").json()
    # Rows scanned are what this query cost: parts that merge between the two questions make it less.
    cost = {name: whole[name] for name in ("time", "rows_scanned")}
    assert {**ask(collector, f"/api/v1/traces/{one}.json").json(), **cost} == whole
    protobuf = ask(collector, f"/api/v1/traces/{one}.otlp")
    in_json = ask(collector, f"/api/v1/traces/{one}.otlp", headers={"Accept": "application/json"})
    assert protobuf.headers["content-type"] == "application/x-protobuf"
    sent = ExportTraceServiceRequest.FromString(protobuf.content)
    collector.send("elsewhere", sent)
    loaded = [trace.load(collector.engine, project, one, 100) for project in ("default", "elsewhere")]
    assert [node.span for node in loaded[0].nodes] == [node.span for node in loaded[1].nodes]
    first = json.loads(in_json.content)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {each["traceId"] for each in first} == {one}
    assert first[1]["links"][0]["spanId"] == "02" * 8


def test_text_keeps_to_its_width_and_steers_no_terminal(collector: Inside) -> None:
    [one] = trace_ids(1)
    collector.send(
        "default", traces(everything(one)), logs([record(EVIL, START + 9, trace_id=one, span_id=f"{2:016x}")])
    )
    for width in (40, 100, 200):
        content = ask(collector, f"/api/v1/traces/{one}.txt", params={"width": width}).text
        assert all(len(line) <= width for line in content.splitlines())
        assert all(each.isprintable() for each in content.replace("\n", ""))
    assert ask(collector, f"/api/v1/traces/{one}.txt?width=39").status_code == 422
    lines = content.splitlines()
    assert lines[0] == f"Trace {one}  1 ms"
    assert lines[1].endswith("2 spans, 1 error, 1 service")
    assert lines[3].startswith("shop ")
    assert "✗ card declined" in lines[5]
    assert r"<script>alert(1)</script>\x1b[31m\u202e\n{{7*7}}" in lines[6]


def test_the_page_runs_nothing_and_loads_nothing(collector: Inside) -> None:
    [one] = trace_ids(1)
    collector.send("default", traces(everything(one)), logs([record(EVIL, START + 9, trace_id=one)]))
    answer = ask(collector, f"/api/v1/traces/{one}.html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "<script" not in answer.text
    assert not re.search(r"\s(?:style|on\w+|src)=", re.sub(r"<style>.*?</style>", "", answer.text))
    assert "&lt;script&gt;" in answer.text
    assert "{{7*7}}" in answer.text


def test_details_of_spans_are_found_by_their_ids(collector: Inside) -> None:
    [one] = trace_ids(1)
    collector.send("default", traces(everything(one)))
    path = f"/api/v1/traces/{one}/spans"
    answer = ask(collector, path, "POST", json={"ids": [f"{2:016x}", f"{9:016x}"]})
    assert [each["name"] for each in answer.json()["spans"]] == [EVIL]
    assert ask(collector, path, "POST", json={"ids": [f"{2:016x}"] * 201}).status_code == 422
    assert ask(collector, path, "POST", json={"ids": ["zz"]}).status_code == 400
    assert ask(collector, f"/api/v1/traces/{'f' * 32}.txt").status_code == 404


def test_log_records_are_a_page_with_a_form_that_goes_on_where_it_ends(collector: Inside) -> None:
    [one] = trace_ids(1)
    records = [record(f"{EVIL} {number}", START + number, trace_id=one, severity_number=17) for number in range(3)]
    collector.send("default", logs(records))
    path = f"/api/v1/logs.html?q=trace_id:{one}&limit=2&sort=oldest"
    first = ask(collector, path)
    assert first.headers["content-security-policy"].endswith("form-action 'self'")
    assert "<script" not in first.text
    assert re.findall(r"\{\{7\*7\}\} (\d)", first.text) == ["0", "1"]
    assert f'<a href="traces/{one}.html">' in first.text
    assert f'name="q" value="trace_id:{one}"' in first.text
    assert '<input type="hidden" name="sort" value="oldest">' in first.text
    [following] = re.findall(r'href="([^"]+)" rel="next"', first.text)
    second = ask(collector, str(first.url.join(html.unescape(following))))
    assert re.findall(r"\{\{7\*7\}\} (\d)", second.text) == ["2"]
    assert 'rel="next"' not in second.text
    assert "No record fits" in ask(collector, f"/api/v1/logs.html?q=trace_id:{one} absent&start=now-1h").text
