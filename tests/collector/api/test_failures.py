"""What the API answers when it is asked wrongly: one shape, a sentence, the parameter that is to blame."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from spanwise_collector.api import services

from tests import factories
from tests.collector.inside import Inside
from tests.collector.process import Process
from tests.factories import span, trace_ids


def failure(service: Process, path: str) -> tuple[int, dict[str, Any]]:
    answer = service.client.get(path)
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document) == ["error"]
    return answer.status_code, document["error"]


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("/api/v1/traces?limit=0", 422, "limit"),
        ("/api/v1/traces?limit=-1", 422, "limit"),
        ("/api/v1/traces?limit=1000000000000", 422, "limit"),
        ("/api/v1/traces?limit=NaN", 422, "limit"),
        ("/api/v1/traces?limit=1.5", 422, "limit"),
        ("/api/v1/traces?limit=", 422, "limit"),
        ("/api/v1/traces?sort=fastest", 422, "sort"),
        ("/api/v1/traces?status=bad", 422, "status"),
        ("/api/v1/traces?min_duration=5parsecs", 400, "min_duration"),
        ("/api/v1/traces?min_duration=", 400, "min_duration"),
        ("/api/v1/traces?max_duration=", 400, "max_duration"),
        ("/api/v1/traces?max_duration=-1s", 400, "max_duration"),
        ("/api/v1/traces?attribute=novalue", 400, "attribute"),
        ("/api/v1/traces?attribute==v", 400, "attribute"),
        ("/api/v1/traces?" + "attribute=a=b&" * 33, 422, "attribute"),
        ("/api/v1/traces?cursor=x", 400, "cursor"),
        ("/api/v1/traces?cursor=", 400, "cursor"),
        ("/api/v1/traces?start=yesterday", 400, "start"),
        ("/api/v1/traces?start=2&end=2", 400, "end"),
        ("/api/v1/traces?end=nine", 400, "end"),
        ("/api/v1/traces?service=" + "a" * 4097, 422, "service"),
        ("/api/v1/services?start=x", 400, "start"),
        ("/api/v1/services?limit=5", 422, "limit"),
        ("/api/v1/traces?start=now&end=now-1h", 400, "end"),
        ("/api/v1/logs?trace_id=xyz", 400, "trace_id"),
        ("/api/v1/logs?trace_id=", 400, "trace_id"),
        ("/api/v1/logs?span_id=123", 400, "span_id"),
        ("/api/v1/logs?severity=LOUD", 400, "severity"),
        ("/api/v1/logs?severity=25", 400, "severity"),
        ("/api/v1/logs?severity=0", 400, "severity"),
        ("/api/v1/logs?severity=", 400, "severity"),
        ("/api/v1/logs?text=", 422, "text"),
        ("/api/v1/logs?sort=slowest", 422, "sort"),
        ("/api/v1/logs?cursor=WyJuZXdlc3QiLDEsImEiXQ", 400, "cursor"),
        ("/api/v1/traces/xyz", 400, "trace_id"),
        ("/api/v1/traces/" + "1" * 31, 400, "trace_id"),
        ("/api/v1/traces/" + "1" * 33, 400, "trace_id"),
        ("/api/v1/traces/" + "0" * 32, 400, "trace_id"),
        ("/api/v1/logs?trace_id=" + "0" * 16, 400, "trace_id"),
        ("/api/v1/traces/" + "%D9%A3" * 32, 400, "trace_id"),
        ("/api/v1/traces/" + "1" * 31 + "%00", 400, "trace_id"),
    ],
)
def test_a_wrong_parameter_is_named_in_a_sentence(service: Process, path: str, status: int, parameter: str) -> None:
    code, error = failure(service, path)
    assert (code, error["code"], error["parameter"]) == (status, "invalid_parameter", parameter)
    assert error["message"].startswith(f"`{parameter}` ")
    assert error["message"].endswith(".")
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    ("path", "parameter", "hint"),
    [
        ("/api/v1/traces?servise=a", "servise", " Did you mean `service`?"),
        ("/api/v1/traces?x=a", "x", ""),
        ("/api/v1/logs?traceid=a", "traceid", " Did you mean `trace_id`?"),
        ("/api/v1/services?%00=a", "\\x00", ""),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_known(
    service: Process, path: str, parameter: str, hint: str
) -> None:
    assert failure(service, path) == (
        422,
        {
            "code": "invalid_parameter",
            "parameter": parameter,
            "message": f"`{parameter}` is not a parameter of this request.{hint}",
        },
    )


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/traces", "/api/", "/api", "/api/v1", "/api/v1/", "/api/v1/traces/a/b"]
)
def test_an_unknown_path_of_the_api_is_not_found_as_json(service: Process, path: str) -> None:
    status, error = failure(service, path)
    assert (status, error["code"]) == (404, "not_found")


def test_a_trace_that_is_not_there_is_not_found_with_reasons(service: Process) -> None:
    trace_id = "ab" * 16
    assert failure(service, f"/api/v1/traces/{trace_id}") == (
        404,
        {
            "code": "not_found",
            "message": f"No trace has the id {trace_id}. It may not have arrived yet, may not have been sampled, or its"
            " retention is over.",
        },
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused_with_what_is_allowed(service: Process, method: str) -> None:
    answer = service.client.request(method, "/api/v1/traces")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_ids_are_taken_in_upper_case_and_those_of_64_bits_filled_up(service: Process) -> None:
    service.post("/v1/traces", factories.traces([span("0" * 16 + "ABCDEF0123456789", 0xAB)]).SerializeToString())
    service.settle()
    full = service.get("/traces/0000000000000000abcdef0123456789")
    assert full["trace_id"] == "0000000000000000abcdef0123456789"
    for written in ("ABCDEF0123456789", "abcdef0123456789", "0" * 16 + "ABCDEF0123456789"):
        # What it cost depends on what the store still had in its caches.
        cost = {"time": full["time"], "rows_scanned": full["rows_scanned"]}
        assert service.get(f"/traces/{written}") | cost == full
        assert service.get("/logs", trace_id=written, span_id="00000000000000AB")["returned"] == 0


def test_values_that_json_lacks_are_said_in_words(service: Process) -> None:
    (trace_id,) = trace_ids(1)
    attributes = {
        "bytes": b"\x00\xff",
        "no bytes": b"",
        "nan": float("nan"),
        "infinite": float("inf"),
        "lowest": float("-inf"),
        "deep": {"list": [float("nan"), b"\x01", {"inner": None}]},
        "large": 2**63 - 1,
        "whole": 1.0,
        "true": True,
        "none": None,
    }
    service.post("/v1/traces", factories.traces([span(trace_id, attributes=attributes)]).SerializeToString())
    service.settle()
    (found,) = service.get(f"/traces/{trace_id}")["spans"]
    assert found["attributes"] == {
        "bytes": {"base64": "AP8="},
        "no bytes": {"base64": ""},
        "nan": "NaN",
        "infinite": "Infinity",
        "lowest": "-Infinity",
        "deep": {"list": ["NaN", {"base64": "AQ=="}, {"inner": None}]},
        "large": 9223372036854775807,
        "whole": 1.0,
        "true": True,
        "none": None,
    }


def test_a_fault_of_our_own_has_a_reference_and_tells_the_client_no_more(
    collector: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(services, "services", broken)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(collector.collector.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/api/v1/services")

    answer = asyncio.run(ask())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "internal_error")
    assert error["message"] == f"The collector met a fault of its own; its log tells more under {error['reference']}."
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (line,) = [record for record in caplog.records if error["reference"] in record.getMessage()]
    assert line.exc_info is not None
