"""Celery on a real Redis: no span of a task is lost, also where workers are replaced after every task."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tracer.processes import BIN, environment
from tests.tracer.services import redis_server
from tests.tracer.sink import Sink

PAGE = (Path(__file__).parents[2] / "docs" / "frameworks" / "celery.md").read_text()
ADDRESS = "redis://127.0.0.1:6379/0"
SENDER = """

if __name__ == "__main__":
    import spanwise
    spanwise.init("sender")
    with spanwise.span("order"):
        for number in range(10):
            work.delay(number)
"""


@pytest.mark.services
@pytest.mark.parametrize("prefork", [True, False], ids=["prefork", "threads"])
def test_ten_tasks_through_redis_are_ten_spans(prefork: bool, sink: Sink, tmp_path: Path) -> None:
    with redis_server() as port:
        run_tasks(sink, tmp_path, f"redis://127.0.0.1:{port}/0", prefork=prefork)


def run_tasks(sink: Sink, tmp_path: Path, broker: str, *, prefork: bool) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert ADDRESS in code
    (tmp_path / "tasks.py").write_text(code.replace(ADDRESS, broker) + SENDER)
    path = f"{BIN}:{os.environ['PATH']}"
    env = environment(
        sink.endpoint,
        PYTHONPATH=str(tmp_path),
        PATH=path,
        PYTHONWARNINGS="",
    )
    subprocess.run([sys.executable, "tasks.py"], cwd=tmp_path, env=env, check=True, timeout=60)
    command = [str(BIN / "spanwise"), "run", "--service", "worker", "celery", "-A", "tasks", "worker", "-c", "2"]
    pool = ["--max-tasks-per-child", "1"] if prefork else ["--pool", "threads"]
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, *pool, "--without-gossip", "--without-mingle"],
            cwd=tmp_path,
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 60
        while sum(span.kind == "consumer" for span in sink.spans) < 10:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()[-3000:]
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    assert {span.name for span in sink.spans if span.kind == "producer"} == {"apply_async/tasks.work"}
    assert {span.name for span in sink.spans if span.kind == "consumer"} == {"run/tasks.work"}
    consumers = [span for span in sink.spans if span.kind == "consumer"]
    assert len(consumers) == 10
    (order,) = [span for span in sink.spans if span.name == "order"]
    assert {span.trace_id for span in consumers} == {order.trace_id}
    lines = {record.body: record.trace_id for record in sink.records if record.logger == "shop"}
    assert lines == {f"task {number}": order.trace_id for number in range(10)}
