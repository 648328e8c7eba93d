"""However a process ends or forks, its spans arrive; and it never waits more than two seconds for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracer.processes import environment, run_script
from tests.tracer.sick import SICK, sick
from tests.tracer.sink import Sink

HEAD = """
import os, signal, sys, threading, time, ctypes
import spanwise
spanwise.init("script")
with spanwise.span("work"): pass
"""

ENDINGS = {
    "return": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "exception": ("raise ValueError('x')", 1),
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(20)", -15),
    "unhandled BaseException": ("raise BaseException", 1),
    "sigint": ("spanwise.flush(); signal.signal(2, signal.default_int_handler); os.kill(os.getpid(), 2)", -2),
    "in a thread": ("t = threading.Thread(target=spanwise.trace('work')(int)); t.start()", 0),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_delivers_its_spans(ending: str, sink: Sink, tmp_path: Path) -> None:
    code, status = ENDINGS[ending]
    done = run_script(HEAD + code, sink.endpoint, tmp_path)
    assert done.returncode == status, done.stderr
    assert {span.name for span in sink.spans} == {"work"}


@pytest.mark.parametrize("ending", ["return", "sys.exit", "sigterm"])
def test_under_spanwise_run_too(ending: str, sink: Sink, tmp_path: Path) -> None:
    code, status = ENDINGS[ending]
    done = run_script(HEAD.replace("spanwise.init", "#") + code, sink.endpoint, tmp_path, traced=True)
    assert done.returncode == status, done.stderr
    assert [(span.name, span.service) for span in sink.spans] == [("work", "unknown_service:script")]


FORKS = {
    "os.fork": """
if os.fork() == 0:
    with spanwise.span("child"): pass
    if os.fork() == 0:
        with spanwise.span("grandchild"): pass
        if os.fork() == 0:
            with spanwise.span("great-grandchild"): pass
            sys.exit()
        os.wait()
        sys.exit()
    os.wait()
    sys.exit()
os.wait()
""",
    "fork by C code": """
libc = ctypes.PyDLL(None)
if libc.fork() == 0:
    with spanwise.span("child"): pass
    if libc.fork() == 0:
        with spanwise.span("grandchild"): pass
        if libc.fork() == 0:
            with spanwise.span("great-grandchild"): pass
            sys.exit()
        os.wait()
        sys.exit()
    os.wait()
    sys.exit()
os.wait()
""",
}


@pytest.mark.parametrize("kind", FORKS)
def test_children_of_forks_at_any_depth_export_their_own_spans_once(kind: str, sink: Sink, tmp_path: Path) -> None:
    done = run_script(HEAD + FORKS[kind], sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(span.name for span in sink.spans) == ["child", "grandchild", "great-grandchild", "work"]
    assert len({span.resource["process.pid"] for span in sink.spans}) == 4
    assert len({span.resource["service.instance.id"] for span in sink.spans}) == 4


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_export_theirs(method: str, sink: Sink, tmp_path: Path) -> None:
    code = f"""
import multiprocessing, spanwise
def work(name):
    spanwise.init("script")
    with spanwise.span(name): pass
if __name__ == "__main__":
    spanwise.init("script")
    work("parent")
    context = multiprocessing.get_context("{method}")
    children = [context.Process(target=work, args=(f"child {{n}}",)) for n in range(2)]
    [child.start() for child in children]
    [child.join() for child in children]
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(span.name for span in sink.spans) == ["child 0", "child 1", "parent"]


def test_a_terminated_multiprocessing_child_flushes(sink: Sink, tmp_path: Path) -> None:
    code = """
import multiprocessing, time, spanwise
spanwise.init("script")
def work(ready):
    with spanwise.span("child"): pass
    ready.set()
    time.sleep(20)
ready = multiprocessing.Event()
child = multiprocessing.Process(target=work, args=(ready,))
child.start()
ready.wait()
child.terminate()
child.join()
assert child.exitcode == -15
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [span.name for span in sink.spans] == ["child"]


def test_an_own_sigterm_handler_is_left_alone(sink: Sink, tmp_path: Path) -> None:
    code = """
import os, signal, spanwise
signal.signal(signal.SIGTERM, lambda *_: print("mine"))
spanwise.init("script")
os.kill(os.getpid(), signal.SIGTERM)
"""
    assert run_script(code, sink.endpoint, tmp_path).stdout == "mine\n"


MANY = """
import atexit, sys, time, threading
import spanwise
# Run in the opposite order: `left` comes after what `init` registers, `leaving` before it.
atexit.register(lambda: print(time.monotonic() - leaving))
spanwise.init("script")
@atexit.register
def leave():
    global leaving
    leaving = time.monotonic()
def burst():
    for n in range(2500):
        with spanwise.span("work", number=n, text="x" * 200): pass
worst = 0.0
threads = [threading.Thread(target=burst) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
time.sleep(1.2)
with spanwise.span("last"): pass
# Not ru_maxrss, which begins with the parent's.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
STAGES = """
import asyncio
async def served(scope, receive, send):
    await send({"type": "lifespan.shutdown.complete"})
async def sent(message): pass
asyncio.run(spanwise.ASGIMiddleware(served)({"type": "lifespan"}, None, sent))
from spanwise.setup import leave
leave(), leave()
"""


@pytest.mark.parametrize("kind", SICK)
def test_no_sickness_of_the_endpoint_holds_the_exit_up_or_fills_the_memory(kind: str, tmp_path: Path) -> None:
    with sick(kind) as endpoint:
        done = run_script(MANY, endpoint, tmp_path)
    rss, waited = done.stdout.split()
    assert done.returncode == 0, done.stderr
    assert float(waited) < 2.5  # 1.8 by the tracer's own clock, the rest for a busy machine
    assert int(rss) < 200_000
    assert done.stderr.count("cannot export") <= 1


def test_the_stages_of_a_servers_end_wait_once_together(tmp_path: Path) -> None:
    """gunicorn with uvicorn's loop announces it three times: it waited 6.4 s for a silent collector."""
    watched = MANY.replace("leaving = time.monotonic()", "") + "leaving = time.monotonic()\n" + STAGES
    with sick("silent") as endpoint:
        done = run_script(watched, endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[1]) < 3.0


def test_a_failing_endpoint_is_said_once_and_names_what_to_do(tmp_path: Path) -> None:
    with sick("refused") as endpoint:
        done = run_script(HEAD + "time.sleep(2.5)", endpoint, tmp_path)
    (line,) = done.stderr.splitlines()
    assert "cannot export to http://127.0.0.1:" in line
    assert "spanwise up" in line


def test_importing_and_idling_start_no_thread_and_open_no_connection(sink: Sink, tmp_path: Path) -> None:
    code = """
import sys, threading, spanwise
assert "opentelemetry" not in sys.modules
spanwise.init("script")
assert threading.active_count() == 1
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert (done.returncode, sink.bodies) == (0, []), done.stderr


def test_init_is_idempotent_and_keeps_an_applications_own_provider(sink: Sink, tmp_path: Path) -> None:
    code = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.resources import Resource
provider = TracerProvider(resource=Resource.create({"service.name": "theirs"}))
trace.set_tracer_provider(provider)
import spanwise
spanwise.init("ours")
spanwise.init("again")
assert trace.get_tracer_provider() is provider
with trace.get_tracer("lib").start_as_current_span("other library"):
    with spanwise.span("mine"): pass
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [(span.service, span.name) for span in sink.spans] == [("theirs", "mine"), ("theirs", "other library")]


def test_a_provider_that_the_application_sets_after_init_is_kept_and_joined(sink: Sink, tmp_path: Path) -> None:
    code = """
import logging, spanwise
spanwise.init("ours")
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.resources import Resource
provider, theirs = TracerProvider(resource=Resource.create({"service.name": "theirs"})), InMemorySpanExporter()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
assert trace.get_tracer_provider() is provider
with trace.get_tracer("lib").start_as_current_span("other library"):
    with spanwise.span("mine"):
        logging.getLogger("shop").warning("noted")
assert [span.name for span in theirs.get_finished_spans()] == ["mine", "other library"]
trace.set_tracer_provider(TracerProvider())
assert trace.get_tracer_provider() is provider
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Overriding of current TracerProvider is not allowed" in done.stderr  # the application's second one
    assert [(span.service, span.name) for span in sink.spans] == [("theirs", "mine"), ("theirs", "other library")]
    noted = [record.resource["service.name"] for record in sink.records if record.body == "noted"]
    assert noted == ["theirs"]


def test_disabled_does_nothing(sink: Sink, tmp_path: Path) -> None:
    assert run_script(HEAD, sink.endpoint, tmp_path, OTEL_SDK_DISABLED="true").returncode == 0
    assert sink.bodies == []


def test_standard_variables_are_honoured(sink: Sink, tmp_path: Path) -> None:
    env = environment(sink.endpoint, OTEL_SERVICE_NAME="named", OTEL_RESOURCE_ATTRIBUTES="team=a%20b,service.version=7")
    env["OTEL_EXPORTER_OTLP_ENDPOINT"] = env.pop("SPANWISE_ENDPOINT")
    env["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=secret%3D1"
    code = "import spanwise; spanwise.init(); spanwise.span('work').__enter__().__exit__(None, None, None)"
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=30)
    (span,) = sink.spans
    assert (span.service, span.resource["team"], span.resource["service.version"]) == ("named", "a b", "7")
    assert {name.lower(): value for name, value in sink.bodies[0][1].items()}["x-key"] == "secret=1"
