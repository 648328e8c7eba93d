"""`spanwise services`, `map`, `open` and `trace FILE`: what they print, and what they exit with."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from spanwise_collector.cli import search, services
from spanwise_collector.cli.remote import Parser

from tests import factories
from tests.collector.process import Process, process
from tests.factories import span, trace_ids

Command = Callable[[list[str]], int]


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """web calls pay three times, once in vain, and pay a database; of `tail` there is one line."""
    with process(tmp_path_factory.mktemp("called") / "data", "--spool-segment-age", "1ms") as made:
        now = time.time_ns() - 10**9
        for number, trace_id in enumerate(trace_ids(3), 1):

            def at(offset: int) -> dict[str, int]:
                return {"start_time_unix_nano": now + offset, "end_time_unix_nano": now + 90 * 10**6 - offset}

            failed = 2 if number == 1 else 0
            web = [span(trace_id, 1, kind=2, **at(0)), span(trace_id, 2, 1, kind=3, status=failed, **at(10**6))]
            database = span(trace_id, 4, 3, kind=3, attributes={"db.system.name": "postgresql"}, **at(3 * 10**6))
            pay = [span(trace_id, 3, 2, kind=2, status=failed, **at(2 * 10**6)), database]
            for service, spans in (("web", web), ("pay", pay)):
                made.post("/v1/traces", factories.traces(spans, service).SerializeToString())
        made.post("/v1/logs", factories.logs([factories.record("up", now)], "tail").SerializeToString())
        made.settle()
        yield made


def said(capsys: pytest.CaptureFixture[str], command: Command, *words: str) -> tuple[int, str, str]:
    code = command(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_services_are_listed_with_their_figures(called: Process, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"--url=http://{called.http}"
    code, out, err = said(capsys, services.services, url)
    head, *rows = out.splitlines()
    assert (code, err, head.split()) == (
        0,
        "",
        ["service", "requests", "errors", "p50", "p95", "p99", "logs", "last", "seen"],
    )
    assert sorted(row.split()[:3] for row in rows) == [["pay", "3", "33.3%"], ["tail", "0", "-"], ["web", "3", "0.0%"]]
    assert rows[-1].split()[:7] == ["tail", "0", "-", "-", "-", "-", "1"]
    code, out, _ = said(capsys, services.services, url, "--json")
    assert (code, [each["name"] for each in json.loads(out)["services"]]) == (0, ["pay", "tail", "web"])
    code, out, _ = said(capsys, services.services, url, "--start", "now-9d", "--end", "now-8d")
    assert (code, out) == (1, "No service has sent spans or log records in that time.\n")


def test_the_map_says_who_calls_whom(called: Process, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"--url=http://{called.http}"
    code, out, _ = said(capsys, services.map_, url)
    lines = sorted(re.sub(r"p95 [\d.,]+ \w+", "p95", line) for line in out.splitlines())
    assert (code, lines) == (0, ["pay → postgresql  3 calls  p95", "web → pay  3 calls  p95  1 failed"])
    code, out, _ = said(capsys, services.map_, url, "--dot")
    assert (code, out.splitlines()[0], out.splitlines()[-1]) == (0, "digraph services {", "}")
    assert '  "service:pay" [label="pay", shape=box, color="#b00020"];' in out
    assert re.search(r'"service:web" -> "service:pay" \[label="3, p95 [^"]+", color="#b00020"\];', out)


def test_traces_logs_and_errors_are_listed(called: Process, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"--url=http://{called.http}"
    code, out, err = said(capsys, search.traces, url, "service:pay")
    assert (code, len(out.splitlines()), err) == (0, 3, "")
    assert said(capsys, search.logs, url, "service:web") == (1, "", "No logs are as asked for.\n")
    code, out, err = said(capsys, search.errors, url)
    assert (code, sorted(line.split()[1] for line in out.splitlines()), err) == (0, ["1", "1"], "")
    _, _, err = said(capsys, search.traces, url, "servce:pay")
    assert err.splitlines()[0] == "Nothing that is kept has the key `servce`. Did you mean `service`?"


@pytest.mark.parametrize(
    "query", ["-service:shop", "-name:health* b", "-n>=3", "-http.route=x", '-"a b"', "-(a OR b)", "a -b"]
)
def test_a_query_may_begin_with_a_minus(query: str) -> None:
    parser = Parser()
    parser.add_argument("query", nargs="?")
    parser.add_argument("-o")
    parser.add_argument("--key")
    found = parser.parse_args([query, "-o=there", "-ohere", "--key", "-abc="])
    assert (found.query, found.o, found.key) == (query, "here", "-abc=")


@pytest.mark.parametrize("name", ["/tmp/day=1.parquet", "res:1.json"])
def test_an_option_of_one_letter_keeps_its_value(name: str) -> None:
    parser = Parser()
    parser.add_argument("query", nargs="*")
    parser.add_argument("-o", "--output")
    found = parser.parse_args([f"-o{name}", "-host:a", "--", "-operation:pay"])
    assert (found.output, found.query) == (name, ["-host:a", "-operation:pay"])


def test_open_shows_the_page_of_a_trace(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    trace_id = "4BF92F3577B34DA6A3CE929D0E0E4736"
    code, out, _ = said(capsys, services.open_, trace_id, "--url", "http://there:4318/spans/")
    assert (code, out) == (0, f"http://there:4318/spans/t/{trace_id.lower()}\n")
    assert opened == [out.strip()]
    assert said(capsys, services.open_, "javascript:1", "--url", "http://there")[0] == 2


@pytest.mark.parametrize("form", ["otlp", "otlp-json", "ndjson"])
def test_a_trace_in_a_file_is_drawn_as_the_collector_draws_it(
    called: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    trace_id = called.get("/traces")["traces"][0]["trace_id"]
    content = called.client.get(
        "/api/v1/export", params={"format": form, "signal": "spans", "q": f"trace_id:{trace_id}"}
    ).content
    file = tmp_path / "one.gz"
    file.write_bytes(gzip.compress(content))
    drawn = called.client.get(f"/api/v1/traces/{trace_id}.txt", params={"width": 100}).text
    assert said(capsys, search.trace, str(file), "--url", "http://127.0.0.1:1") == (0, drawn, "")


def test_of_a_file_of_several_traces_one_is_named(
    called: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.otlp"
    file.write_bytes(called.client.get("/api/v1/export").content)
    code, out, err = said(capsys, search.trace, str(file))
    assert (code, err) == (0, "Name one of these traces with --id.\n")
    ids = [line.split()[0] for line in out.splitlines()]
    assert sorted(ids) == sorted(each["trace_id"] for each in called.get("/traces")["traces"])
    code, out, _ = said(capsys, search.trace, str(file), "--id", ids[0])
    assert (code, out.splitlines()[0].startswith(f"Trace {ids[0]}")) == (0, True)
    assert said(capsys, search.trace, str(file), "--id", "00")[0] == 1
    file.write_text("no telemetry")
    assert said(capsys, search.trace, str(file))[0] == 2


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"severity_text": "WARNING", "severity_number": 13, "body": "full"}, "shop WARNING full"),
        ({"severity_number": 17, "body": {"a": 1}}, 'shop error {"a": 1}'),
        ({"severity_number": 99, "body": ""}, "shop unknown (99)"),
        ({"event_name": "user.login"}, "shop - user.login"),
    ],
)
def test_a_record_is_a_line_with_its_severity_and_text(said: dict[str, object], line: str) -> None:
    silent = {"severity_text": "", "severity_number": 0, "body": None, "event_name": ""}
    record = silent | said | {"service": "shop", "time_unix_nano": 0}
    assert search.log_line(record).rstrip() == f"1970-01-01 00:00:00.000Z {line}"


def test_an_answer_that_breaks_off_ends_with_3_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer_half, args=(server,))
        answering.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert search.trace(["1" * 32, "--url", url]) == 3
        answering.join()
    said = capsys.readouterr()
    assert (said.out, said.err.startswith(f"spanwise trace: the collector at {url} cannot be asked: ")) == ("", True)


def _answer_half(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
