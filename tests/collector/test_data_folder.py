"""One collector a data folder: how it starts, is refused, stops, and finds everything again."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests import factories
from tests.collector.process import Process, command, process, refused
from tests.factories import record, span, trace_ids


def test_a_second_start_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with process(tmp_path / "data") as first:
        code, said = refused(tmp_path / "data")
        assert code == 1
        assert f"The data folder {tmp_path / 'data'} is in use by process {first.popen.pid} (http " in said
        assert said.endswith("choose another folder with --data or SPANWISE_DATA.\n")
        assert "Traceback" not in said
        assert first.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_a_restart_finds_everything_and_knows_what_is_resent(
    tmp_path: Path, number: signal.Signals
) -> None:
    ids = trace_ids(5)
    bodies = [factories.traces([span(each), span(each, 2, 1)]).SerializeToString() for each in ids]
    said = factories.logs([record(f"line {n}", trace_id=each) for n, each in enumerate(ids)]).SerializeToString()
    with process(tmp_path / "data") as first:
        answers = [first.post("/v1/traces", body).status_code for body in bodies]
        answers.append(first.post("/v1/logs", said).status_code)
        host, _, port = first.http.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as stranger:
            stranger.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
            assert stranger.recv(100).startswith(b"HTTP/1.1 400 ")
        # What a stranger sends is no line in the log. At once: what is acknowledged may still be in the spool.
        assert (answers, first.stop(number)) == ([200] * 6, (0, "Spanwise has stopped.\n"))
    with process(tmp_path / "data") as second:
        again = [second.post("/v1/traces", body).status_code for body in bodies]
        again.append(second.post("/v1/logs", said).status_code)
        second.settle()
        assert again == [200] * 6
        assert [second.get(f"/traces/{each}")["span_count"] for each in ids] == [2] * 5
        found = second.get("/logs")["logs"]
        assert sorted(each["body"] for each in found) == [f"line {n}" for n in range(5)]
        status = second.get("/status")
        assert (status["span_count"], status["log_count"], status["accepted_spans"]) == (10, 5, 0)


def test_a_stop_that_takes_too_long_is_cut_short_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    trace_id = trace_ids(1)[0]
    with process(tmp_path, "--stop-limit", "1ms") as collector:
        assert collector.post("/v1/traces", factories.traces([span(trace_id)]).SerializeToString()).status_code == 200
        code, said = collector.stop()
    assert code == 0
    assert "Not all has ended within 0.001 s (stop_limit)" in said
    with process(tmp_path) as collector:
        collector.settle()
        assert collector.get(f"/traces/{trace_id}")["span_count"] == 1


def test_what_the_engine_never_needs_takes_no_memory(service: Process) -> None:
    service.get("/services")
    assert "libarrow" not in Path(f"/proc/{service.popen.pid}/maps").read_text("utf-8")


def test_a_path_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    code, said = refused(tmp_path / "data")
    assert (code, said) == (
        1,
        f"spanwise up: The data folder {tmp_path / 'data'} cannot be used: File exists ({tmp_path / 'data'})."
        " Choose another with --data or SPANWISE_DATA.\n",
    )


def test_a_folder_below_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    data = tmp_path / "file" / "data"
    code, said = refused(data)
    assert (code, said) == (
        1,
        f"spanwise up: The data folder {data} cannot be used: Not a directory ({data})."
        " Choose another with --data or SPANWISE_DATA.\n",
    )


@pytest.mark.parametrize("part", ["spool", "store"])
def test_a_part_of_the_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path, part: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / part).write_text("a file")
    code, said = refused(tmp_path / "data")
    assert code == 1
    assert said.startswith("spanwise up: ")
    assert "Traceback" not in said
    assert str(tmp_path / "data" / part) in said


@pytest.mark.parametrize("flag", ["--http", "--grpc"])
def test_a_taken_port_is_refused_in_a_sentence_that_names_it(tmp_path: Path, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = refused(tmp_path / "data", flag, address)
    assert code == 1
    (sentence,) = said.splitlines()
    assert sentence.startswith(f"spanwise up: {flag}: nobody can listen")
    assert address in sentence
    assert f"SPANWISE_{flag[2:].upper()}" in sentence
    with process(tmp_path / "data") as free:
        assert free.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("flags", [["--http", "nowhere"], ["--limits", "1"], ["--query-timeout", "soon"]])
def test_a_wrong_flag_ends_with_2_and_a_sentence(tmp_path: Path, flags: list[str]) -> None:
    code, said = refused(tmp_path / "data", *flags)
    assert (code, said.startswith("spanwise up: ")) == (2, True)
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["cur{1}ly", "{a,b}", "st*r?[1]", "it's \\ 100% ü"])
def test_what_is_acknowledged_is_found_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    with process(tmp_path / name) as collector:
        body = factories.traces([span(trace_ids(1)[0])]).SerializeToString()
        assert collector.post("/v1/traces", body).status_code == 200
        collector.settle()
        assert collector.get("/status")["span_count"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_store_is_being_opened_is_a_clean_stop(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command(tmp_path / "data"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starting:
        while not (tmp_path / "data" / "lock").exists():
            assert starting.poll() is None
        starting.send_signal(number)
        _, said = starting.communicate(timeout=60)
        assert (starting.returncode, said) == (0, "Spanwise has stopped.\n")
