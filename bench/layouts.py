"""Ways to lay out the table of spans, measured beside each other: `make bench-layouts`.

Each layout is the schema as it is with a few words exchanged, filled with the same spans by the same inserts in a
process of its own, over a day; then it is asked what people ask. Times are processor time of the whole engine, so
that they say something on a busy machine too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client
from spanwise_collector.spool.frame import encode
from spanwise_collector.spool.segment import Signal
from spanwise_collector.store import EmbeddedEngine, schema
from spanwise_collector.store.engine import INSERT_SETTINGS
from spanwise_collector.store.tables import MINUTE

from bench.bodies import Bodies
from bench.ids import BodyIds, Shape
from bench.spans import SERVICES
from bench.stats import percentile

_BODIES = 80
_SHAPE = Shape()
_SPANS_OF_SEGMENT = _BODIES * _SHAPE.spans
_ASKED = 20
_DAY = 86_400 * 10**9
_TABLE = "CREATE TABLE IF NOT EXISTS spans ("
_KEY = "ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)"
_NO_INDEX = "ENGINE = MergeTree"


@dataclass(frozen=True, slots=True)
class Layout:
    """`words` are exchanged in the statement that makes the table."""

    name: str
    words: tuple[tuple[str, str], ...]
    trace_knows_minutes: bool = True


LAYOUTS = (
    Layout("minute, trace id; LZ4 (chosen)", ()),
    Layout("the same; ZSTD(1)", (("CODEC(LZ4)", "CODEC(ZSTD(1))"),)),
    Layout("the same; granules of 1,024", (("SETTINGS ", "SETTINGS index_granularity = 1024, "),)),
    Layout(
        "trace id; index of times",
        (
            (_KEY, "ORDER BY (project, trace_id, start_time_unix_nano)"),
            ("\n)\nENGINE", ",\n    INDEX times start_time_unix_nano TYPE minmax GRANULARITY 1\n)\nENGINE"),
        ),
        trace_knows_minutes=False,
    ),
    Layout(
        "service, time; bloom filter of trace ids",
        (
            (_KEY, "ORDER BY (project, service, start_time_unix_nano)"),
            ("\n)\nENGINE", ",\n    INDEX ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1\n)\nENGINE"),
        ),
        trace_knows_minutes=False,
    ),
    Layout(
        "minute, service; bloom filter of trace ids",
        (
            (_KEY, "ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), service, start_time_unix_nano)"),
            ("\n)\nENGINE", ",\n    INDEX ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1\n)\nENGINE"),
        ),
    ),
)


@dataclass(slots=True)
class Asked:
    """A question: the median of its processor time in milliseconds, and the most rows that it read."""

    cpu_ms: float
    rows: int


@dataclass(slots=True)
class Measured:
    """One layout; processor time in microseconds a span, bytes a span of the table of spans."""

    layout: str
    spans: int
    insert: float
    merge: float
    bytes: float
    asked: dict[str, Asked]


def measure(layout: Layout, segments: int, folder: Path) -> Measured:
    """Fill one layout and ask it; the process must not have opened another engine."""
    engine = EmbeddedEngine(folder / "store", memory=1 << 30, query_seconds=60, query_memory=1 << 29)
    for statement in schema.statements():
        engine.run(_in(layout, statement))
    client = engine.connect(INSERT_SETTINGS | {"format_schema": str(schema.wire_format())})
    newest = time.time_ns()
    inserts = _fill(client, segments, newest, folder / "segment")
    settled = _settle()
    spans = segments * _SPANS_OF_SEGMENT
    size = client.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'spans'").result_rows[0][
        0
    ]
    asked = {name: _ask(client, question) for name, question in _questions(layout, segments, newest).items()}
    client.close()
    engine.close()
    return Measured(layout.name, spans, inserts / spans * 1e6, settled / spans * 1e6, size / spans, asked)


def _in(layout: Layout, statement: str) -> str:
    if _TABLE not in statement:
        return statement
    for old, new in layout.words:
        if old not in statement:
            raise ValueError(f"The table of spans has no {old!r} any more: bench/layouts.py must follow the schema.")
        statement = statement.replace(old, new)
    return statement


def _fill(client: Client, segments: int, newest: int, path: Path) -> float:
    """Processor seconds of the inserts, merges that ran beside them included; spans lie over a day."""
    makers = [Bodies(client=number, run=1, shape=_SHAPE) for number in range(len(SERVICES))]
    spent = 0.0
    for segment in range(segments):
        now = newest - _DAY + (segment + 1) * (_DAY // segments)
        with path.open("wb") as file:
            for body in range(_BODIES):
                plain = makers[body % len(makers)].body(segment * 10 + body // len(makers), now).plain
                file.write(b"".join(encode(Signal.TRACES, "default", newest, plain).buffers))
        with path.open("rb") as file:
            before = _cpu()
            client.command(
                f"INSERT INTO otlp_traces FROM INFILE '/dev/fd/{file.fileno()}'"
                f" SETTINGS format_schema_message_name = 'TracesRequest', insert_deduplication_token = 's{segment}'"
                " FORMAT Protobuf"
            )
            spent += _cpu() - before
    return spent


def _settle() -> float:
    """Processor seconds until the merges that inserts left behind are done."""
    start = before = _cpu()
    quiet = 0
    while quiet < 4:
        time.sleep(0.5)
        now = _cpu()
        quiet = quiet + 1 if now - before < 0.03 else 0
        before = now
    return before - start


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _questions(layout: Layout, segments: int, newest: int) -> dict[str, Callable[[int], str]]:
    def trace(number: int) -> str:
        ids = BodyIds(_SHAPE, 1, 0, (number * 7919) % (segments * 10)).trace_ids()
        where = f"trace_id = toFixedString(unhex('{ids[number % len(ids)]}'), 16)"
        minutes = (
            f" AND intDiv(start_time_unix_nano, {MINUTE}) BETWEEN"
            f" (SELECT min(minute) FROM traces WHERE {where}) AND"
            f" (SELECT max(intDiv(last_start_time_unix_nano, {MINUTE})) FROM traces WHERE {where})"
        )
        return f"SELECT * FROM spans WHERE project = 'default' AND {where}" + minutes * layout.trace_knows_minutes

    def newest_by_attribute(number: int) -> str:
        return (
            "SELECT trace_id, name, duration FROM spans WHERE project = 'default' AND"
            f" start_time_unix_nano >= {newest - _DAY // 24} AND attributes['network.peer.address'] = '10.0.3.{number}'"
            " ORDER BY start_time_unix_nano DESC LIMIT 20"
        )

    def slowest_of_service(number: int) -> str:
        service = SERVICES[number % len(SERVICES)]
        return (
            f"SELECT trace_id, duration FROM spans WHERE project = 'default' AND service = '{service}'"
            f" AND start_time_unix_nano >= {newest - _DAY // 24} ORDER BY duration DESC LIMIT 20"
        )

    def everything(number: int) -> str:
        return f"SELECT count() FROM spans WHERE project = 'default' AND attributes['cart.items'] = '{number % 9}'"

    return {
        "a trace by its id": trace,
        "newest 20 by an attribute, last hour": newest_by_attribute,
        "slowest 20 of a service, last hour": slowest_of_service,
        "count by an attribute, all": everything,
    }


def _ask(client: Client, question: Callable[[int], str]) -> Asked:
    times, rows = [], 0
    for number in range(_ASKED):
        before = _cpu()
        client.query(question(number))
        times.append((_cpu() - before) * 1e3)
        estimate = client.query(f"EXPLAIN ESTIMATE {question(number)}").named_results()
        rows = max(rows, sum(part["rows"] for part in estimate if part["table"] == "spans"))
    return Asked(percentile(times, 50), rows)


def _table(measured: list[Measured]) -> str:
    names = list(measured[0].asked)
    lines = ["| layout | insert, µs | merge after, µs | bytes | " + " | ".join(names) + " |"]
    lines.append("|" + "---|" * (4 + len(names)))
    for each in measured:
        asked = " | ".join(f"{one.cpu_ms:.0f} ms, {one.rows:,} rows" for one in each.asked.values())
        lines.append(f"| {each.layout} | {each.insert:.1f} | {each.merge:.1f} | {each.bytes:.0f} | {asked} |")
    return "\n".join(lines)


def main() -> None:
    """Measure every layout, each in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.layouts", description="Layouts of the table of spans, measured."
    )
    parser.add_argument("--spans", type=int, default=10_500_000, help="how many spans each layout is filled with")
    parser.add_argument("--layout", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    segments = max(1, -(-options.spans // _SPANS_OF_SEGMENT))
    if options.layout is not None:
        with tempfile.TemporaryDirectory(prefix="spanwise-layouts-") as folder:
            print(json.dumps(asdict(measure(LAYOUTS[options.layout], segments, Path(folder)))))
        return
    found = []
    for number, layout in enumerate(LAYOUTS):
        print(f"{number + 1} of {len(LAYOUTS)}: {layout.name} …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "bench.layouts", "--spans", str(options.spans), "--layout", str(number)]
        line = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
        asked = {name: Asked(**one) for name, one in line.pop("asked").items()}
        found.append(Measured(asked=asked, **line))
    print(f"{found[0].spans:,} spans over a day; processor time of the engine, medians of {_ASKED}.\n\n{_table(found)}")


if __name__ == "__main__":
    main()
