"""Celery with workers that are replaced after every task: no span of a task is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.tracer.processes import BIN, environment
from tests.tracer.sink import Sink

TASKS = """
import logging, os, sys
from celery import Celery
folder = os.environ["QUEUE"]
app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = {name: folder for name in ("data_folder_in", "data_folder_out")}
app.conf.broker_transport_options["control_folder"] = folder + "-control"
app.conf.task_ignore_result = True

@app.task
def work(number):
    logging.getLogger("shop").warning("task %s", number)

if __name__ == "__main__":
    import spanwise
    spanwise.init("sender")
    with spanwise.span("order"):
        for number in range(10):
            work.delay(number)
"""


def test_ten_tasks_in_one_shot_workers_are_ten_spans(sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)
    for name in ("queue", "queue-control"):
        (tmp_path / name).mkdir()
    path = f"{BIN}:{os.environ['PATH']}"
    env = environment(
        sink.endpoint, QUEUE=str(tmp_path / "queue"), PYTHONPATH=str(tmp_path), PATH=path, PYTHONWARNINGS=""
    )
    subprocess.run([sys.executable, "tasks.py"], cwd=tmp_path, env=env, check=True, timeout=60)
    command = [str(BIN / "spanwise"), "run", "--service", "worker", "celery", "-A", "tasks", "worker", "-c", "2"]
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--max-tasks-per-child", "1", "--without-gossip", "--without-mingle"],
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
    consumers = [span for span in sink.spans if span.kind == "consumer"]
    assert len(consumers) == 10
    (order,) = [span for span in sink.spans if span.name == "order"]
    assert {span.trace_id for span in consumers} == {order.trace_id}
    lines = {record.body: record.trace_id for record in sink.records if record.logger == "shop"}
    assert lines == {f"task {number}": order.trace_id for number in range(10)}
