"""`python -m bench.diagnosis`: whom the verdict blames, in simulated systems and in real faulty minutes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.collector import Collector
from bench.diagnosis import real, recordings, simulated, speed
from bench.diagnosis.simulated import TELEMETRY
from bench.diagnosis.systems import SYSTEMS

# The thresholds were chosen while looking at seeds 1 to 3 of two of the three systems (docs/diagnosis.md).
HELD_OUT = (101, 102, 103)
_WHAT = ("simulated", "recordings", "shop", "speed")


def main() -> int:
    """Run what was asked for; exit code 1 where the recordings are not there."""
    parser = argparse.ArgumentParser(prog="python -m bench.diagnosis", description=__doc__)
    parser.add_argument("what", nargs="*", help="simulated, recordings, shop, speed; all of them where nothing is said")
    parser.add_argument("--recordings", type=Path, default=recordings.FOLDER, help="folder with faults.json")
    parser.add_argument("--seeds", default=",".join(map(str, HELD_OUT)), help="of the simulations, such as 1,2,3")
    systems = f"{', '.join(SYSTEMS)}, or grown-SEED"
    parser.add_argument("--systems", nargs="+", type=_system, default=list(SYSTEMS), metavar="NAME", help=systems)
    parser.add_argument("--telemetry", nargs="+", choices=TELEMETRY, default=list(TELEMETRY))
    parser.add_argument("--rough", type=int, metavar="N", help="N faults of each system, in minutes that differ")
    given = parser.parse_args()
    wanted = given.what or list(_WHAT)
    if unknown := set(wanted) - set(_WHAT):
        parser.error(f"there is no {', '.join(sorted(unknown))}: give any of {', '.join(_WHAT)}")
    if "recordings" in wanted and not (given.recordings / recordings.NORMAL).exists():
        print(f"no recordings in {given.recordings}: give --recordings, or ask for simulated", file=sys.stderr)
        return 1
    rough = simulated.Rough(given.rough) if given.rough else None
    seeds = [int(each) for each in given.seeds.split(",")]
    if "simulated" in wanted:
        print("Simulated systems: requests, queues, pools, timeouts and clocks are computed, not measured.")
        print(
            _with_collector(
                lambda at: simulated.report(simulated.run(at, seeds, given.systems, given.telemetry, rough))
            )
        )
    if "recordings" in wanted:
        print("\nReal minutes of a shop, traces without status, no logs, one normal minute:")
        print(_with_collector(lambda at: recordings.report(recordings.run(given.recordings, at))))
    if "shop" in wanted:
        print("\nThe example shop, real processes, ten seconds of each fault:")
        print(_with_collector(real.run))
    if "speed" in wanted:
        print("\nHow long a verdict takes:")
        print(_with_collector(speed.run))
    return 0


def _system(name: str) -> str:
    try:
        return simulated.named_system(name).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _with_collector(work: Callable[[Collector], str]) -> str:
    with tempfile.TemporaryDirectory(prefix="spanwise-diagnosis-") as data:
        collector = Collector(Path(data) / "data", Path(data) / "output", flags=("--look-interval", "0"))
        collector.start()
        try:
            return work(collector)
        finally:
            collector.stop()


if __name__ == "__main__":
    sys.exit(main())
