"""What is exported and imported again is equal, field by field; what a file covers is said at its end."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pyarrow import parquet  # type: ignore[import-untyped]  # it has no types
from spanwise_collector.spool.frame import read_varint

from tests import factories
from tests.collector.process import Process, process
from tests.contract.sending import read_records, read_spans
from tests.contract.test_fields import full_logs, full_traces
from tests.contract.wire import from_json, items, text
from tests.factories import MINUTE, START, record, span, trace_ids

FORMATS: Final = ("otlp", "otlp-json", "ndjson", "parquet")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A collector that knows nothing but what is imported into it."""
    with process(tmp_path_factory.mktemp("target") / "data", "--spool-segment-age", "1ms") as made:
        yield made


def export(service: Process, **parameters: str) -> bytes:
    service.settle()
    answer = service.client.get("/api/v1/export", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.content


def imported(service: Process, file: bytes, **parameters: str) -> dict[str, Any]:
    answer = service.client.post("/api/v1/import", content=file, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(form: str, spans: int = 0, logs: int = 0) -> dict[str, Any]:
    return {"format": form, "spans": spans, "logs": logs, "repeated": 0, "rejected": 0, "message": ""}


def covers(form: str, file: bytes) -> dict[str, Any]:
    """What the last part of a file says."""
    if form == "otlp":
        *_, last = frames(file)
        found: dict[str, Any] = json.loads(last[read_varint(last, 2)[1] :])
    elif form == "parquet":
        metadata = parquet.ParquetFile(io.BytesIO(file)).metadata.metadata
        found = json.loads(metadata[b"spanwiseExport"])
    else:
        found = json.loads(file.splitlines()[-1])["spanwiseExport"]
    return found


def frames(file: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(file):
        length, position = read_varint(file, position)
        yield file[position : position + length]
        position += length


@pytest.mark.parametrize("signal", ["traces", "spans"])
@pytest.mark.parametrize("form", FORMATS)
def test_spans_with_every_field_are_equal_after_a_way_out_and_in(
    service: Process, target: Process, form: str, signal: str
) -> None:
    (trace_id,) = trace_ids(1)
    sent = full_traces(bytes.fromhex(trace_id))
    service.post("/v1/traces", sent.SerializeToString())
    file = export(service, signal=signal, format=form, q=f"trace_id:{trace_id}")
    assert covers(form, file)["exported"] == 8
    assert imported(target, file) == told(form, spans=8)
    assert in_words(read_spans(target, trace_id)) == in_words(items(sent))


@pytest.mark.parametrize("form", FORMATS)
def test_log_records_with_every_field_are_equal_after_a_way_out_and_in(
    service: Process, target: Process, form: str
) -> None:
    (trace_id,) = trace_ids(1)
    sent = full_logs(bytes.fromhex(trace_id))
    service.post("/v1/logs", sent.SerializeToString())
    file = export(service, signal="logs", format=form, q=f"trace_id:{trace_id}")
    assert imported(target, file) == told(form, logs=8)
    assert in_words(read_records(target, trace_id=trace_id)) == in_words(items(sent))


def in_words(found: list[Any]) -> list[str]:
    return sorted(text(each) for each in found)


def test_a_file_of_otlp_is_one_that_others_read(service: Process) -> None:
    """The Collector's file exporter writes a request a line, or a length and a request; unknown fields are skipped."""
    (trace_id,) = trace_ids(1)
    sent = factories.traces([span(trace_id, 1), span(trace_id, 2, 1)])
    service.post("/v1/traces", sent.SerializeToString())
    lines = export(service, format="otlp-json", q=f"trace_id:{trace_id}").decode().splitlines()
    requests = [from_json(line.replace("spanwiseExport", "ignored"), ExportTraceServiceRequest) for line in lines[:-1]]
    assert [text(each) for request in requests for each in items(request)] == [text(each) for each in items(sent)]
    binary = [
        ExportTraceServiceRequest.FromString(each)
        for each in frames(export(service, format="otlp", q=f"trace_id:{trace_id}"))
    ]
    for each in binary:
        each.DiscardUnknownFields()
    assert [text(part) for request in binary for part in items(request)] == [text(each) for each in items(sent)]
    assert binary[-1] == ExportTraceServiceRequest()


@pytest.mark.parametrize("form", FORMATS)
def test_the_end_of_a_file_says_what_it_covers(service: Process, form: str) -> None:
    start, end = START + 400 * MINUTE, START + 500 * MINUTE
    (trace_id,) = trace_ids(1)
    spans = [span(trace_id, number, start_time_unix_nano=start + number) for number in range(1, 6)]
    service.post("/v1/traces", factories.traces(spans, f"covered {form}").SerializeToString())
    wanted = {"signal": "spans", "q": f'service:"covered {form}"', "start": str(start), "end": str(end)}
    found = covers(form, export(service, format=form, **wanted))
    assert found.pop("until_unix_nano") > START
    assert found == {
        "signal": "spans",
        "q": f'service:"covered {form}"',
        "start_time_unix_nano": start,
        "end_time_unix_nano": end,
        "exported": 5,
        "complete": True,
        "reason": "end",
        "message": "",
    }


@pytest.mark.parametrize("signal", ["traces", "spans", "logs"])
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_of_nothing_is_a_file_that_says_so(service: Process, target: Process, form: str, signal: str) -> None:
    file = export(service, signal=signal, format=form, q="service:nobody")
    assert (covers(form, file)["exported"], covers(form, file)["complete"]) == (0, True)
    assert imported(target, file)["spans"] == 0


def test_beyond_the_limit_a_file_ends_and_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with process(tmp_path_factory.mktemp("limited") / "data", "--export-rows", "3") as limited:
        limited.post("/v1/logs", factories.logs([record(f"line {n}") for n in range(7)]).SerializeToString())
        file = export(limited, signal="logs", format="ndjson")
    assert len(file.splitlines()) == 4
    end = covers("ndjson", file)
    assert (end["exported"], end["complete"], end["reason"]) == (3, False, "export_rows")
    assert end["message"] == "There are more: the setting export_rows is 3."


def test_an_export_of_traces_looks_at_no_more_spans_than_the_setting_allows(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    (trace_id,) = trace_ids(1)
    sent = factories.traces([span(trace_id, n, n - 1) for n in range(1, 6)])
    with process(tmp_path_factory.mktemp("looked at") / "data", "--structure-spans", "4") as limited:
        limited.post("/v1/traces", sent.SerializeToString())
        limited.settle()
        asked = {"signal": "traces", "q": "{ } > { }", "start": "0", "end": str(START + 60 * MINUTE)}
        answer = limited.client.get("/api/v1/export", params=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "query_limit")
    assert "structure_spans" in answer.json()["error"]["message"]


def test_whole_traces_are_exported_though_one_span_fits(service: Process) -> None:
    (trace_id,) = trace_ids(1)
    spans = [span(trace_id, 1), span(trace_id, 2, 1, name="needle", start_time_unix_nano=START + 90 * MINUTE)]
    service.post("/v1/traces", factories.traces(spans).SerializeToString())

    def names(signal: str) -> list[str]:
        lines = export(service, signal=signal, format="ndjson", q=f"name:needle trace_id:{trace_id}").splitlines()
        return sorted(json.loads(line)["name"] for line in lines[:-1])

    assert names("traces") == ["needle", "span 1"]
    assert names("spans") == ["needle"]


def test_a_file_that_is_sent_again_is_not_stored_twice(service: Process, target: Process) -> None:
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id)]).SerializeToString())
    file = gzip.compress(export(service, q=f"trace_id:{trace_id}"))
    assert imported(target, file) == told("otlp", spans=1)
    assert imported(target, file) == told("otlp", spans=1) | {"repeated": 1}
    assert len(read_spans(target, trace_id)) == 1


def test_bad_lines_beside_good_ones_are_counted_and_the_first_is_told(target: Process) -> None:
    (trace_id,) = trace_ids(1)
    good = {"trace_id": trace_id, "span_id": "00000000000000a1", "name": "GET /", "start_time_unix_nano": START}
    lines = [good, {"trace_id": trace_id}, good | {"span_id": 7}, {"time_unix_nano": START, "body": "said"}]
    file = "\n".join(json.dumps(line) for line in lines) + "\n{not JSON\n"
    found = imported(target, file.encode())
    assert (found["spans"], found["logs"], found["rejected"]) == (1, 1, 3)
    assert found["message"] == (
        "line 2: it is neither a span, with start_time_unix_nano, nor a log record, with time_unix_nano."
    )


JAEGER = {
    "data": [
        {
            "traceID": "{trace}",
            "spans": [
                {
                    "traceID": "{trace}",
                    "spanID": "a1",
                    "operationName": "GET /pay",
                    "references": [],
                    "startTime": START // 1000,
                    "duration": 1500,
                    "tags": [
                        {"key": "span.kind", "type": "string", "value": "server"},
                        {"key": "http.status_code", "type": "int64", "value": 503},
                        {"key": "error", "type": "bool", "value": True},
                    ],
                    "logs": [
                        {
                            "timestamp": START // 1000 + 10,
                            "fields": [{"key": "event", "type": "string", "value": "retry"}],
                        }
                    ],
                    "processID": "p1",
                    "warnings": None,
                },
                {
                    "traceID": "{trace}",
                    "spanID": "a2",
                    "operationName": "SELECT",
                    "references": [{"refType": "CHILD_OF", "traceID": "{trace}", "spanID": "a1"}],
                    "startTime": START // 1000 + 100,
                    "duration": 900,
                    "tags": [],
                    "logs": [],
                    "processID": "p2",
                    "warnings": None,
                },
            ],
            "processes": {
                "p1": {"serviceName": "payments", "tags": [{"key": "hostname", "type": "string", "value": "h1"}]},
                "p2": {"serviceName": "db", "tags": []},
            },
        }
    ],
    "total": 0,
    "limit": 0,
    "offset": 0,
    "errors": None,
}
ZIPKIN = [
    {"traceId": "{trace}", "id": "00000000000000a1", "name": "get /pay", "kind": "SERVER",
     "timestamp": START // 1000, "duration": 1500, "localEndpoint": {"serviceName": "payments"}},
    {"traceId": "{trace}", "id": "00000000000000a2", "parentId": "00000000000000a1", "name": "select",
     "timestamp": START // 1000 + 100, "duration": 900, "localEndpoint": {"serviceName": "db"}},
]  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2], ids=["on one line", "indented"])
@pytest.mark.parametrize(("form", "document"), [("jaeger", JAEGER), ("zipkin", ZIPKIN)])
def test_files_of_jaegers_ui_and_of_zipkin_are_taken(
    target: Process, form: str, document: object, indent: int | None
) -> None:
    (trace_id,) = trace_ids(1)
    file = json.dumps(document, indent=indent).replace("{trace}", trace_id)
    assert imported(target, file.encode()) == told(form, spans=2)
    target.settle()
    spans = target.get(f"/traces/{trace_id}")["spans"]
    assert [(each["service"], each["span_id"], each["depth"], each["duration"]) for each in spans] == [
        ("payments", "00000000000000a1", 0, 1_500_000),
        ("db", "00000000000000a2", 1, 900_000),
    ]
    if form == "jaeger":
        assert (spans[0]["kind"], spans[0]["status"]["code"], spans[0]["events"][0]["name"]) == (
            "server", "error", "retry",
        )  # fmt: skip
        assert spans[0]["attributes"] == {"http.status_code": 503, "error": True}


def test_an_indented_document_of_otlps_json_is_taken(target: Process) -> None:
    (trace_id,) = trace_ids(1)
    document = {
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": trace_id, "body": {"stringValue": "one"}}]}]}]
    }
    assert imported(target, json.dumps(document, indent=2).encode()) == told("otlp-json", logs=1)
    (found,) = read_records(target, trace_id=trace_id)
    assert found.scope_logs[0].log_records[0].body.string_value == "one"


CUT: dict[str, tuple[bytes, str]] = {
    "a cut message": (b"\x7f\x0a\x10", "The file ends within a message of OTLP: 3 bytes are left over."),
    "a cut gzip": (gzip.compress(b"{}" * 999)[:-9], "The gzip file is cut off."),
    "no JSON": (b"{nothing}", "Nothing of the file could be read: line 1: it is no JSON: "),
    "Parquet": (b"PAR1...", "The Parquet file cannot be read: "),
    "text": (b"hello, world\n", "The file ends within a message of OTLP: 13 bytes are left over."),
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_cannot_be_read_is_refused_in_words(target: Process, name: str) -> None:
    file, message = CUT[name]
    answer = target.client.post("/api/v1/import", content=file)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_data")
    assert answer.json()["error"]["message"].startswith(message)


def test_what_came_before_a_cut_is_taken_and_told(service: Process, target: Process) -> None:
    ids = trace_ids(2)
    bodies = [factories.traces([span(each)]).SerializeToString() for each in ids]
    file = b"".join(bytes([len(body)]) + body for body in bodies)
    answer = target.client.post("/api/v1/import", content=file[:-4])
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith("What came before is taken: 1 spans and 0 log records.")
    assert len(read_spans(target, ids[0])) == 1


def test_a_file_larger_than_any_body_may_be_is_taken_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with process(tmp_path_factory.mktemp("small") / "data", "--max-body-bytes", "1MiB") as small:
        line = {"time_unix_nano": START, "body": "x" * 1000}
        file = b"".join(json.dumps(line | {"severity_number": n % 24}).encode() + b"\n" for n in range(3000))
        assert len(file) > 3 * 2**20
        assert imported(small, file) == told("ndjson", logs=3000)
        answer = small.client.post("/api/v1/import", content=json.dumps({"body": "x" * 2**21}).encode())
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
