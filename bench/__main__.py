"""`python -m bench`: what `make bench` runs. docs/bench.md explains each figure."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench import report
from bench.collector import CollectorFailed
from bench.run import Options, measure


def main() -> int:
    """Measure, print, and write the JSON where it was asked for."""
    options = _parser().parse_args()
    chosen = Options(options.seconds, options.clients, options.spans, options.burst)
    with tempfile.TemporaryDirectory(prefix="spanwise-bench-", dir=options.folder) as folder:
        try:
            result = measure(chosen, Path(folder))
        except CollectorFailed as error:
            print(f"The collector {error}", file=sys.stderr)
            return 1
    print(report.as_text(result))
    if options.json:
        options.json.write_text(report.as_json(result), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the clients send [60]")
    parser.add_argument("--clients", type=int, default=8, help="client processes [8]")
    parser.add_argument("--spans", type=int, default=512, help="spans in a body, a multiple of 4 [512]")
    parser.add_argument("--burst", action="store_true", help="first a burst of ten seconds, reported by itself")
    parser.add_argument("--folder", type=Path, help="where the temporary data folder is made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there as JSON too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
