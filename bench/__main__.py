"""`python -m bench`: what `make bench` runs. docs/bench.md explains each figure."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench import files, overload, report, stored
from bench.collector import CollectorFailed
from bench.ids import Shape
from bench.logs import RECORDS
from bench.run import Options, measure


def main() -> int:
    """Measure, print, and write the JSON where it was asked for."""
    parser = _parser()
    options = parser.parse_args()
    if options.logs and options.spans != RECORDS:
        parser.error(f"--logs goes with --spans {RECORDS} alone: its records are of the spans of such bodies.")
    with tempfile.TemporaryDirectory(prefix="spanwise-bench-", dir=options.folder) as folder:
        try:
            text, content = _measured(options, Path(folder))
        except CollectorFailed as error:
            print(f"The collector {error}", file=sys.stderr)
            return 1
    print(text)
    if options.json:
        options.json.write_text(content, encoding="utf-8")
    return 0


def _measured(options: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """What the options ask for, as text and as JSON."""
    shape = Shape(spans=options.spans)
    if options.overload:
        storm = overload.measure(options.seconds, options.clients, shape, folder)
        return "\n".join(overload.as_text(storm)), json.dumps(asdict(storm), indent=2)
    if options.stored or options.logs:
        filled = stored.measure(options.stored, options.logs, options.clients, shape, folder)
        return "\n".join(stored.as_text(filled)), json.dumps(asdict(filled), indent=2)
    if options.files:
        carried = files.measure(options.files, options.clients, shape, folder)
        return "\n".join(files.as_text(carried)), json.dumps([asdict(each) for each in carried], indent=2)
    result = measure(Options(options.seconds, options.clients, options.spans, options.burst), folder)
    return report.as_text(result), report.as_json(result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the clients send [60]")
    parser.add_argument("--clients", type=int, default=8, help="client processes [8]")
    parser.add_argument("--spans", type=int, default=512, help="spans in a body, a multiple of 4 [512]")
    parser.add_argument("--burst", action="store_true", help="first a burst of ten seconds, reported by itself")
    parser.add_argument("--overload", action="store_true", help="instead: three times the load that it can take")
    parser.add_argument("--stored", type=int, default=0, metavar="N", help="instead: the goals' queries over N spans")
    parser.add_argument(
        "--logs", type=int, default=0, metavar="N", help="instead, or first: N log records of 200 bytes"
    )
    parser.add_argument(
        "--files", type=int, default=0, metavar="N", help="instead: N spans out into files and in again"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary data folder is made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there as JSON too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
