"""The commands that ask a collector: what they print, and how they end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from spanwise_collector.cli import problems, terminal, verdicts
from spanwise_collector.diagnose.explain import RULES

from tests.collector.diagnose.minutes import BEGIN, trace_id
from tests.factories import MINUTE

BASELINE = ["--baseline-start", str(BEGIN), "--baseline-end", str(BEGIN + MINUTE)]
SLOW = ["--start", str(BEGIN + MINUTE), "--end", str(BEGIN + 2 * MINUTE), *BASELINE]


@pytest.fixture
def url(api: TestClient) -> Iterator[str]:
    """An address at which the routes of the diagnosis answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = api.get(self.path)
            self.send_response(answer.status_code)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_explain_prints_the_culprit_what_shows_it_and_what_to_look_at(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdicts.explain([trace_id(1, 0), "--url", url, *BASELINE]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"Trace {trace_id(1, 0)}  findings",
        "",
        "1. stock  stock-7  █████████░ 89% of the critical path",
        "   find of stock lost 198 ms after it ended: 200 ms where 2.48 ms is usual.",
        "   span 0000000000000002  200 ms after it ended",
        "   But: The time lies between shop and stock: it may be either's.",
        "   Next: Network, queue and processor of stock-7.",
        "",
        f"Checked: 3 spans, {', '.join(RULES)}; against 40 traces of the same root.",
    ]


def test_a_trace_with_nothing_unusual_ends_with_0(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.explain([trace_id(0, 1), "--url", url, *BASELINE]) == 0
    assert "nothing is unusual" in capsys.readouterr().out


def test_diagnose_prints_the_ranking(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPANWISE_ENDPOINT", url)
    assert verdicts.diagnose(SLOW) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "2026-11-21 03:45:00Z to 2026-11-21 03:46:00Z  culprit"
    assert out[2].startswith("1. stock  stock-7  █")
    at = out.index("Operations")
    assert out[at + 1].startswith("1. stock  stock-7  find  ")
    assert "\033" not in "".join(out)


def test_json_is_the_answer_as_it_is(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.diagnose([*SLOW, "--json", "--url", url]) == 1
    assert json.loads(capsys.readouterr().out)["culprits"][0]["service"] == "stock"


@pytest.mark.parametrize("given", [["xyz"], ["f" * 32]])
def test_what_the_collector_refuses_ends_with_2(url: str, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.explain([*given, "--url", url]) == 2
    assert capsys.readouterr().err.startswith("spanwise explain: ")


def test_no_id_of_a_trace_is_told_what_one_has(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.explain(["zz", "--url", url]) == 2
    assert capsys.readouterr().err.rstrip().endswith("`trace_id` is 'zz'; give 32 or 16 hex digits.")


def test_a_single_trace_is_not_told_of_in_the_plural(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts.diagnose(["--start", str(BEGIN), "--end", str(BEGIN + 1), "--service", "shop", "--url", url])
    assert capsys.readouterr().out.splitlines()[-1].startswith("Checked: 1 trace of ")


def test_wrong_usage_ends_with_2() -> None:
    with pytest.raises(SystemExit, match="2"):
        verdicts.explain([])
    assert verdicts.diagnose(["--url", "nowhere"]) == 2
    with pytest.raises(SystemExit, match="2"):
        problems.problems(["--baseline-start", "now-2h"])


def test_a_collector_that_is_away_ends_with_3_and_says_where_it_should_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdicts.diagnose(["--url", "http://127.0.0.1:9"]) == 3
    assert "the collector at http://127.0.0.1:9 cannot be asked" in capsys.readouterr().err


def test_text_of_telemetry_cannot_steer_the_terminal() -> None:
    assert terminal.plain("a\033[2Jb\nc") == "a\\x1b[2Jb\\nc"
