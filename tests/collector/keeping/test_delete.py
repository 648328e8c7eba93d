"""Deleted is gone: from every table, file and sum, and nothing else with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.notebook import Notebook, acts
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode

from tests import factories
from tests.collector.keeping.folder import files_with, stored
from tests.collector.process import Process, process
from tests.factories import record, span, trace_ids

CANARY = "canary-7f3a9d@example.org"
SPANWISE = str(Path(sys.executable).parent / "spanwise")


def spanwise(*arguments: str, text: str = "", folder: Path | None = None, **variables: str) -> tuple[int, str, str]:
    ended = subprocess.run(
        [SPANWISE, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        input=text,
        cwd=folder,
        env=os.environ | variables,
    )
    return ended.returncode, ended.stdout, ended.stderr


def byte_ids(count: int) -> list[str]:
    """Ids of traces, as bytes no text in any encoding of ours."""
    return [f"ff{each[2:]}" for each in trace_ids(count)]


def bodies(trace_id: str, other: str, **attributes: str) -> dict[Signal, bytes]:
    """Spans, records and a metric about one thing, which is in every field that has room for it."""
    said = " ".join([*attributes.values(), trace_id])
    link = Span.Link(trace_id=bytes.fromhex(other), span_id=b"linked!!", attributes=factories.key_values(attributes))
    event = Span.Event(
        name=f"event {said}", time_unix_nano=factories.START, attributes=factories.key_values(attributes)
    )
    thrown = Span.Event(name="exception", attributes=factories.key_values({**attributes, "exception.message": said}))
    spans = [
        span(trace_id, 1, name=f"name {said}", kind=5, attributes=attributes, events=[event, thrown], links=[link]),
        span(trace_id, 2, 1, name="child", attributes=attributes, trace_state="a=b"),
    ]
    metrics = ExportMetricsServiceRequest()
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name=f"metric {int(trace_id, 16)}")
    point = metric.gauge.data_points.add(as_int=7, time_unix_nano=factories.START)
    point.attributes.extend(factories.key_values(attributes))
    records = [record(f"line {said}", trace_id=trace_id, attributes=attributes) for _ in range(3)]
    return {
        Signal.TRACES: factories.traces(spans).SerializeToString(),
        Signal.LOGS: factories.logs(records).SerializeToString(),
        Signal.METRICS: metrics.SerializeToString(),
    }


def test_a_folder_that_is_none_is_not_made_by_a_deletion(tmp_path: Path) -> None:
    typo = tmp_path / "typo"
    assert spanwise("delete", "--data", str(typo), "--where", "user.id=42", "--yes") == (
        2,
        "",
        f"spanwise delete: {typo} is no data folder of a collector: nothing was deleted.\n",
    )
    assert not typo.exists()


def test_a_stopped_folder_needs_no_port_and_no_setting_of_what_would_listen(tmp_path: Path) -> None:
    (wanted,) = trace_ids(1)
    with process(tmp_path / "data") as collector:
        send(collector, bodies(wanted, wanted))
        collector.settle()
    delete = ["delete", "--trace", wanted, "--data", "data", "--yes"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lines = [
            f"zipkin_port = {taken.getsockname()[1]}",
            'grpc = "nowhere"',
            'max_body_bytes = "many"',
            "unknown = 1",
        ]
        (tmp_path / "spanwise.toml").write_text("\n".join(lines))
        open_to_all = {"SPANWISE_HTTP": "0.0.0.0:0", "SPANWISE_SYSLOG_PORT": "-1", "SPANWISE_SAMPLING": "/no/such/file"}
        code, said, trouble = spanwise(*delete, folder=tmp_path, **open_to_all)
    assert (code, said, trouble) == (
        0,
        "Deleted 2 spans, 3 log records, 0 metric points; 0 files of what was set aside were rewritten.\n",
        "",
    )
    # What the store is opened with matters, and so does where the telemetry is.
    code, _, trouble = spanwise(*delete, folder=tmp_path, SPANWISE_STORE_MEMORY="much")
    assert (code, "--store-memory (SPANWISE_STORE_MEMORY, store_memory in spanwise.toml): 'much'" in trouble) == (
        1,
        True,
    )
    code, _, trouble = spanwise(*delete, folder=tmp_path, SPANWISE_STORE="clickhouse://127.0.0.1:1/x")
    assert (code, trouble) == (
        1,
        "spanwise delete: --store names a ClickHouse server: delete from it by its own means.\n",
    )


def send(collector: Process, given: dict[Signal, bytes]) -> None:
    for kind, body in given.items():
        assert collector.post(f"/v1/{kind}", body).status_code == 200


def done(data: Path) -> list[tuple[str, str, set[str]]]:
    """The acts of a folder, the oldest first: who, what, and the names of its facts."""
    with closing(Notebook.open(data)) as notebook:
        found = acts.newest(notebook, 10)
    return [(each.actor, each.act, set(json.loads(each.subject))) for each in reversed(found)]


def set_aside(data: Path, *given: dict[Signal, bytes]) -> None:
    """Segments as the collector puts them aside, each holding all of `given`, with a reason that quotes too much."""
    refused = data / "refused"
    refused.mkdir(parents=True, exist_ok=True)
    for kind in Signal:
        name = f"{time.time_ns():020d}.{kind}"
        frames = [encode(kind, "default", time.time_ns(), each[kind]) for each in given]
        (refused / name).write_bytes(b"".join(buffer for frame in frames for buffer in frame.buffers))
        (refused / f"{name}.reason").write_text(f"Cannot parse {CANARY}\n")


def test_what_has_an_attribute_is_gone_from_every_file_and_all_else_is_there(tmp_path: Path) -> None:
    wanted, others = byte_ids(4), byte_ids(6)
    gone = [bodies(each, others[0], **{"user.email": CANARY}) for each in wanted]
    kept = [bodies(each, others[0], **{"user.email": "someone@example.org"}) for each in others]
    set_aside(tmp_path, gone[3], kept[5])
    with process(tmp_path, "--spool-segment-age", "1s") as collector:
        for each in (*gone[:2], *kept[:4]):
            send(collector, each)
        collector.settle()
        # These are acknowledged, and in open segments.
        send(collector, gone[2])
        send(collector, kept[4])
        url = ["--url", f"http://{collector.http}"]
        code, said, _ = spanwise("delete", "--where", f"user.email={CANARY}", *url, "--yes", "--json")
        state = json.loads(said)
        assert (code, state["state"], state["segments"]) == (0, "done", 6)
        assert state["rows"] == {"spans": 6, "logs": 9, "metric_points": 3}
        assert [collector.client.get(f"/api/v1/traces/{each}").status_code for each in wanted] == [404] * 4
        assert [collector.get(f"/traces/{each}")["span_count"] for each in others[:5]] == [2] * 5
        assert collector.stop()[0] == 0
    assert files_with(tmp_path, CANARY.encode(), CANARY.encode().hex().encode()) == []
    found = stored(tmp_path)
    assert [name for name, rows in found["text"].items() if CANARY in rows] == []
    assert found["sums"] == {"spans": 10, "logs": 15, "metric_points": 5, "span_stats": 10, "traces": 10, "errors": 5}
    assert (found["unknown_parts"], "erasing" in found["tables"]) == ([], False)
    refused = b"".join(path.read_bytes() for path in (tmp_path / "refused").iterdir())
    assert refused.count(b"someone@example.org") == 15
    assert done(tmp_path) == [
        ("anyone", "ask for deletion", {"id", "by", "key", "start", "end"}),
        ("collector", "finish deletion", {"id", "rows", "segments"}),
    ]
    assert list((tmp_path / "erasures").iterdir()) == []


def test_a_trace_is_gone_from_a_stopped_folder_with_what_a_killed_collector_left(tmp_path: Path) -> None:
    (wanted,), others = byte_ids(1), byte_ids(3)
    gone, kept = bodies(wanted, others[0]), [bodies(each, wanted) for each in others]
    set_aside(tmp_path, gone, kept[2])
    with process(tmp_path, "--spool-segment-age", "60s") as collector:
        for each in (gone, *kept[:2]):
            send(collector, each)
        collector.popen.send_signal(signal.SIGKILL)
        collector.popen.wait()
    assert files_with(tmp_path / "spool", bytes.fromhex(wanted)) != []
    code, said, trouble = spanwise("delete", "--trace", wanted, "--data", str(tmp_path), "--yes")
    assert (code, said, trouble) == (
        0,
        "Deleted 2 spans, 3 log records, 0 metric points; 2 files of what was set aside were rewritten.\n",
        "",
    )
    assert files_with(tmp_path, bytes.fromhex(wanted), wanted.encode()) == []
    # What stays may still be in the spool, if the command was done before the loader was.
    with process(tmp_path) as collector:
        collector.settle()
        assert collector.stop()[0] == 0
    found = stored(tmp_path)
    # The links of the others led to it: they are still links, to no trace that anybody knows.
    links = [found["text"][name].count("0" * 32) for name in ("spans", "span_sample")]
    named = wanted in "".join(found["text"].values())
    assert (found["unknown_parts"], links, named, found["sums"]) == (
        [],
        [2, 2],
        False,
        {"spans": 4, "logs": 6, "metric_points": 3, "span_stats": 4, "traces": 4, "errors": 2},
    )


def test_only_what_happened_in_the_range_and_a_service_by_name(tmp_path: Path) -> None:
    (early,), (late,) = trace_ids(1), trace_ids(1)
    hour = 3_600_000_000_000
    with process(tmp_path) as collector:
        url = ["--url", f"http://{collector.http}"]
        for each, start in ((early, factories.START), (late, factories.START + hour)):
            spans = [span(each, 1, start_time_unix_nano=start, end_time_unix_nano=start + 5, attributes={"a": "b"})]
            assert collector.post("/v1/traces", factories.traces(spans).SerializeToString()).status_code == 200
        collector.settle()
        limits = ["--after", str(factories.START + 1), "--before", str(factories.START + 2 * hour)]
        code, said, _ = spanwise("delete", "--where", "a=b", *limits, "--dry-run", *url)
        assert (code, said) == (
            0,
            "Would delete 1 spans, 0 log records, 0 metric points, and what of it is not stored yet.\n",
        )
        assert spanwise("delete", "--where", "a=b", *limits, "--yes", *url)[0] == 0
        statuses = [collector.client.get(f"/api/v1/traces/{each}").status_code for each in (early, late)]
        assert statuses == [200, 404]
        (service,) = [each["name"] for each in collector.get("/services")["services"]]
        assert spanwise("delete", "--where", f"service={service}", "--yes", *url)[0] == 0
        assert collector.get("/services")["services"] == []
        assert collector.get("/status")["span_count"] == 0


@pytest.mark.parametrize("value", ["' OR 1=1 --", "\\' OR 1=1 --", "%s %(x)s", "{x:String}", "a=b=c", "ü\n🦜"])
def test_a_value_is_only_ever_a_value(service: Process, value: str) -> None:
    ids = trace_ids(2)
    for each, text in zip(ids, (value, "other"), strict=True):
        body = factories.traces([span(each, attributes={f"key of {value!r}": text})]).SerializeToString()
        assert service.post("/v1/traces", body).status_code == 200
    wish: dict[str, Any] = {"key": f"key of {value!r}", "value": value}
    asked = service.client.post("/api/v1/admin/delete", json=wish)
    assert asked.status_code == 202, asked.text
    from tests.collector.process import eventually

    state = eventually(lambda: service.get(f"/admin/delete/{asked.json()['id']}"), lambda now: now["state"] == "done")
    assert (state["state"], state["rows"]) == ("done", {"spans": 1, "logs": 0, "metric_points": 0})
    assert [service.client.get(f"/api/v1/traces/{each}").status_code for each in ids] == [404, 200]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 422),
        ({"trace_id": "1" * 32, "key": "a", "value": "b"}, 422),
        ({"key": "a"}, 422),
        ({"trace_id": "../../etc"}, 400),
        ({"key": "a", "value": "b", "after": "now", "before": "now-1h"}, 400),
        ({"key": "a", "value": "b", "unknown": 1}, 422),
    ],
)
def test_a_wish_that_is_not_clear_is_refused(service: Process, wish: dict[str, Any], status: int) -> None:
    answer = service.client.post("/api/v1/admin/delete", json=wish)
    assert (answer.status_code, "message" in answer.json()["error"]) == (status, True)
    assert service.client.get("/api/v1/admin/delete/nothing").status_code == 404


def test_nothing_is_deleted_without_a_word_and_the_cli_says_why_it_cannot(service: Process) -> None:
    url = ["--url", f"http://{service.http}"]
    assert spanwise("delete", "--where", "nothing=such", *url)[::2] == (
        1,
        "spanwise delete: Nothing was deleted: it was not confirmed (--yes confirms without a question).\n",
    )
    assert spanwise("delete", "--where", "nothing", *url)[::2] == (
        2,
        "spanwise delete: --where wants KEY=VALUE, such as user.id=42.\n",
    )
    assert spanwise("delete", "--where", "a=b", "--project", "shop", *url)[::2] == (
        2,
        "spanwise delete: --project goes with --data; a running collector deletes in the project of SPANWISE_KEY.\n",
    )
    code, _, said = spanwise("delete", "--trace", "1" * 32, "--yes", "--url", "http://127.0.0.1:1")
    assert (code, said.startswith("spanwise delete: the collector at http://127.0.0.1:1 cannot be asked: ")) == (
        3,
        True,
    )
