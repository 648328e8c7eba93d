"""Two collectors that share a store and a PostgreSQL notebook: one looks for what is broken, both know what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.notebook import Notebook
from spanwise_collector.notebook.tables import LeaseHeld
from sqlalchemy import select

from tests.clickhouse_http import clickhouse
from tests.collector.process import Process, eventually, process
from tests.factories import span, traces

MS, SECOND = 1_000_000, 1_000_000_000


def shop() -> Any:
    """The last seven minutes: three failing, four before them well."""
    now = time.time_ns()
    made: list[Span] = []
    for number in range(420):
        start = now - number * SECOND
        made.append(
            span(
                f"{0x1EA5_0000 + number:032x}",
                1,
                name="GET /item",
                start_time_unix_nano=start,
                end_time_unix_nano=start + 5 * MS,
                status=2 if number < 180 else 1,
            )
        )
    return traces(made)


def lookers(notebook: Notebook) -> dict[str, tuple[str, int]]:
    with notebook.page() as page:
        return {row.name: (row.holder, row.beat) for row in page.scalars(select(LeaseHeld))}


def test_one_of_two_collectors_looks_and_the_other_takes_over(new_database: Callable[[], str], tmp_path: Path) -> None:
    url = new_database()
    with clickhouse(tmp_path / "clickhouse") as server:
        flags = ("--store", server.url, "--notebook", url, "--look-interval", "200ms", "--query-timeout", "5s")
        with process(tmp_path / "a", *flags) as a, process(tmp_path / "b", *flags) as b:
            a.post("/v1/traces", shop().SerializeToString())
            a.settle()
            seen = [eventually(partial(_looked, each), lambda look: look == "looked") for each in (a, b)]
            found = [eventually(partial(_problems, each), bool) for each in (a, b)]
            notebook = Notebook.open(tmp_path, url)
            names = {(tmp_path / name / "collector").read_text().strip(): name for name in ("a", "b")}
            first = names[_holder(notebook)]
            # It goes on looking, and the other never does.
            before = _beat(notebook)
            after = eventually(lambda: _beat(notebook), lambda beat: beat > before + 2)
            still = names[_holder(notebook)]
            (a if first == "a" else b).stop()
            # What stops gives up what it holds: the other need not wait.
            second = eventually(lambda: names.get(_holder(notebook), ""), lambda name: name not in ("", first))
            notebook.close()
    assert seen == ["looked", "looked"]
    assert found == [["shop"], ["shop"]]
    assert (after > before + 2, still) == (True, first)
    assert {first, second} == {"a", "b"}


def _looked(collector: Process) -> str:
    outcome: str = collector.get("/problems")["last_look"]["outcome"]
    return outcome


def _problems(collector: Process) -> list[str]:
    return [each["service"] for each in collector.get("/problems")["problems"]]


def _holder(notebook: Notebook) -> str:
    ((holder, _),) = lookers(notebook).values()
    return holder


def _beat(notebook: Notebook) -> int:
    ((_, beat),) = lookers(notebook).values()
    return beat
