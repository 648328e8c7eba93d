import gzip
from collections import Counter

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from bench.__main__ import main
from bench.bodies import Bodies
from bench.logs import RECORDS, LogBodies, lines, order, plain_bytes

NOW = 1_800_000_000_000_000_000


def records_of(client: int, sequence: int) -> list[LogRecord]:
    request = ExportLogsServiceRequest.FromString(gzip.decompress(LogBodies(client, 0).body(sequence, NOW).gzip))
    return list(request.resource_logs[0].scope_logs[0].log_records)


@pytest.mark.parametrize(("client", "sequence"), [(0, 0), (5, 2**17)])
def test_the_lines_are_the_texts_of_the_records(client: int, sequence: int) -> None:
    texts = [record.body.string_value for record in records_of(client, sequence)]
    assert "".join(f"{text}\n" for text in texts).encode() == lines(client, 0, sequence)
    assert [text.split()[1] for text in texts] == [order(client, sequence, index) for index in range(RECORDS)]


def test_bodies_of_other_spans_than_the_records_are_of_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--stored", "1", "--logs", "1", "--spans", "256"])
    with pytest.raises(SystemExit):
        main()
    assert "--logs goes with --spans 512 alone" in capsys.readouterr().err


def test_a_record_is_whole_and_like_no_other() -> None:
    records = [record for client in (0, 1) for sequence in (0, 1) for record in records_of(client, sequence)]
    assert {len(record.attributes) for record in records} == {2}
    assert {record.severity_number for record in records} == {9, 17}
    assert all(16_384 <= record.attributes[1].value.int_value < 116_384 for record in records)
    assert all(NOW - 10**9 < record.time_unix_nano <= NOW for record in records)
    assert len({record.span_id for record in records}) == len(records)
    assert 180 <= plain_bytes() <= 230


@pytest.mark.parametrize("client", [0, 7])
def test_a_record_is_of_the_span_at_its_place_and_four_of_a_client_share_a_trace(client: int) -> None:
    request = ExportTraceServiceRequest.FromString(Bodies(client, 0).body(3, NOW).plain)
    spans = request.resource_spans[0].scope_spans[0].spans
    records = records_of(client, 3)
    assert [(each.trace_id, each.span_id) for each in records] == [(each.trace_id, each.span_id) for each in spans]
    assert set(Counter(record.trace_id for record in records).values()) == {4}
    other = records_of(7 - client, 3)
    assert [each.trace_id for each in other] == [each.trace_id for each in records]
