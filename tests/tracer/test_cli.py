"""The command: sub-commands that are found, words for those that are not, exit codes, and the doctor's findings."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it has no types
import pytest
from spanwise import cli, doctor
from spanwise.run import BOOTSTRAP, environment

from bench.ports import free_port
from tests.tracer.processes import BIN
from tests.tracer.processes import environment as process_environment
from tests.tracer.sick import listening
from tests.tracer.sink import Sink


def spanwise(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "spanwise"), *arguments],
        env=process_environment("http://127.0.0.1:9", **env),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_lists_the_commands(arguments: list[str]) -> None:
    done = spanwise(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"run", "doctor", "up"} <= {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}


def test_no_command_is_a_usage_error() -> None:
    assert spanwise().returncode == 2


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed_by_an_option_that_the_help_lists(option: str) -> None:
    assert spanwise(option).stdout == "spanwise 0.1.0\n"
    assert option in {word.strip(",") for line in spanwise("--help").stdout.splitlines() for word in line.split()}


def test_an_unknown_command_names_the_known_ones() -> None:
    done = spanwise("upp")
    assert done.returncode == 2
    assert "there is no command 'upp'" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_missing_collector_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, EntryPoint] = {}
    monkeypatch.setattr(cli, "commands", lambda: found)
    assert cli.main(["up"]) == 1
    assert "pip install spanwise-collector" in capsys.readouterr().err


def test_run_without_a_command_and_of_a_missing_one() -> None:
    assert spanwise("run").returncode == 2
    done = spanwise("run", "no-such-command")
    assert (done.returncode, "no command 'no-such-command'" in done.stderr) == (1, True)


def test_run_passes_arguments_output_and_exit_code_on(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys; print(sys.argv[1:], '--service' in sys.argv); sys.exit(7)")
    done = spanwise("run", "--service", "x", str(tmp_path / "script.py"), "--service", "y", "-v")
    assert (done.returncode, done.stdout) == (7, "['--service', 'y', '-v'] True\n")


def test_the_environment_of_run_keeps_other_paths_and_nests() -> None:
    once = environment({"PYTHONPATH": "/own"}, service="api", endpoint=None)
    assert once == {"PYTHONPATH": f"{BOOTSTRAP}:/own", "SPANWISE_AUTO": "1", "SPANWISE_SERVICE": "api"}
    assert environment(once, service=None, endpoint=None) == once


def test_an_existing_sitecustomize_still_runs(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; print('mine', os.environ.get('SPANWISE_AUTO'))")
    (tmp_path / "script.py").write_text("print('script')")
    done = spanwise("run", str(tmp_path / "script.py"), PYTHONPATH=str(tmp_path))
    # First in the process of `spanwise` itself, then in the one that it becomes.
    assert (done.stdout, done.stderr) == ("mine None\nmine 1\nscript\n", "")


def test_the_doctor_names_a_collector_that_does_not_answer() -> None:
    done = spanwise("doctor", "--endpoint", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "does not answer" in done.stdout
    assert "Start one with `spanwise up`" in done.stdout


def test_the_doctor_sends_a_span_and_reads_it_back(sink: Sink) -> None:
    sink.answer = lambda path: (200, {}, b'{"span_count": 1}' if path.startswith("/api/v1/traces/") else b"")
    done = spanwise("doctor", "--endpoint", sink.endpoint, "--json")
    good = [finding["text"] for finding in json.loads(done.stdout) if finding["level"] == "ok"]
    assert good[-2] == "A span was sent and accepted."
    assert good[-1].startswith("It was read back after ")
    assert [(span.service, span.name) for span in sink.spans] == [("spanwise-doctor", "checkup")]


def test_the_doctor_says_that_a_span_was_accepted_and_cannot_be_read_back(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.answer = lambda path: (200, {}, b'{"span_count": 0}' if path.startswith("/api/v1/traces/") else b"")
    monkeypatch.setattr(doctor, "SEARCHABLE_WITHIN", 0.3)
    *_, accepted, lost = doctor.examine(sink.endpoint)
    (sent,) = sink.spans
    assert accepted == doctor.Finding("ok", "A span was sent and accepted.")
    assert lost == doctor.Finding("bad", f"It could not be read back within 0 s (trace {sent.trace_id}).")


def test_the_doctor_names_settings_that_cannot_be_used() -> None:
    done = spanwise("doctor", SPANWISE_ENDPOINT="collector:4318")
    assert done.returncode == 1
    assert done.stdout.startswith("bad  A setting cannot be used: endpoint: 'collector:4318' is not an http")


def test_the_doctor_knows_a_switched_off_tracer() -> None:
    done = spanwise("doctor", OTEL_SDK_DISABLED="true")
    assert (done.returncode, done.stdout.startswith("bad  Tracing is switched off")) == (1, True)


def test_the_doctor_knows_the_port_of_grpc_and_speaks_it_when_told() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    done = spanwise("doctor", "--endpoint", f"http://127.0.0.1:{port}")
    assert (done.returncode, done.stderr) == (1, "")
    assert "does not speak HTTP. Is it gRPC's port? Then: set SPANWISE_PROTOCOL=grpc" in done.stdout
    done = spanwise("doctor", "--endpoint", f"http://127.0.0.1:{port}", SPANWISE_PROTOCOL="grpc")
    server.stop(None).wait()
    assert (done.returncode, "A span was not accepted over gRPC: {" in done.stdout) == (1, True)


def test_the_doctor_names_the_way_that_spans_take(sink: Sink) -> None:
    done = spanwise("doctor", "--endpoint", sink.endpoint, http_proxy="proxy.test:3128", WEB_CONCURRENCY="4")
    assert "Exports go through the proxy proxy.test:3128" in done.stdout
    assert "The server is started with WEB_CONCURRENCY=4." in done.stdout


def test_findings_are_values() -> None:
    assert doctor.Finding("ok", "fine") == doctor.Finding("ok", "fine")


def test_what_a_server_says_steers_no_terminal_and_ends_no_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _endpoint: [doctor.Finding("bad", "not ready: \x1b[2J\rfine")])
    assert doctor.main([]) == 1
    assert capsys.readouterr().out == "bad  not ready:  [2J fine\n"

    def odd(connection: socket.socket, _over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 50000\r\n\r\n" + b"[" * 50_000)

    with listening(odd) as address:
        assert doctor._get(address, "/readyz", {}) == (200, {}, None)
