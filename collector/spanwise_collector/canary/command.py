"""The command: how many rounds, and what is said of them."""

import argparse
import json
import random
import sys
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import asdict

from spanwise_collector.canary.canary import Canary, Patience
from spanwise_collector.canary.tally import Tally, View
from spanwise_collector.cli import remote

_OK, _FOUND, _UNREACHABLE = 0, 1, 3
_EXIT_CODES = "Exit codes: 0 all was found as it was written, 1 it was not, 2 wrong usage, 3 nobody answers."


def main(argv: list[str]) -> int:
    """Write, read back and say what is wrong, for some rounds or until Ctrl-C; `_EXIT_CODES` says what it returns."""
    parser = _parser()
    chosen = parser.parse_args(argv)
    try:
        url = remote.address(chosen.url).geturl()
    except remote.Failure as failure:
        parser.error(str(failure))
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % (1 << 32)
    patience = Patience(chosen.patience, chosen.give_up if chosen.give_up is not None else 10 * chosen.patience)
    draw = random.Random(seed)  # noqa: S311 - content, no secret
    canary = Canary(url, draw, patience, remote.key_headers(chosen.key))
    tally = Tally()
    try:
        for number in _rounds(chosen.rounds, chosen.interval):
            canary.round(tally)
            print(_as_json(number, seed, tally) if chosen.json else _as_text(number, seed, tally), flush=True)
    except urllib.error.HTTPError as error:
        print(f"spanwise canary: {url} refuses: {remote.said(error)}", file=sys.stderr)
        return _UNREACHABLE
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        print(f"spanwise canary: {url} does not answer as a collector does: {error}", file=sys.stderr)
        return _UNREACHABLE
    except KeyboardInterrupt:
        pass
    if not chosen.json:
        print("\n".join(f"{name:<17} {_of_view(view)}" for name, view in tally.views.items()))
    return _OK if tally.clean else _FOUND


def _parser() -> argparse.ArgumentParser:
    description = "Write seeded traces and logs, and read them back by id, by search and by rollup."
    parser = argparse.ArgumentParser(prog="spanwise canary", description=description, epilog=_EXIT_CODES)
    parser.add_argument("--rounds", type=int, default=0, help="rounds to make; 0 goes on until Ctrl-C [%(default)s]")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds [%(default)s]")
    parser.add_argument("--patience", type=float, default=2.0, help="seconds after which it is late [%(default)s]")
    parser.add_argument("--give-up", type=float, help="seconds after which it is missing [ten times the patience]")
    parser.add_argument("--seed", type=int, default=None, help="for the same content again; printed")
    remote.add_options(parser, "admin, or ingest and read")
    parser.add_argument("--json", action="store_true", help="one JSON object a round")
    return parser


def _rounds(count: int, interval: float) -> Iterator[int]:
    number = 1
    while count == 0 or number <= count:
        yield number
        if number != count:
            time.sleep(interval)
        number += 1


def _as_json(number: int, seed: int, tally: Tally) -> str:
    return json.dumps({"round": number, "seed": seed, "clean": tally.clean, **asdict(tally)})


def _as_text(number: int, seed: int, tally: Tally) -> str:
    written = f"round {number} (seed {seed}): {tally.spans} spans and {tally.logs} log records written so far"
    refused = f", {tally.refused} requests refused and sent again" if tally.refused else ""
    found = "; this round's:" if tally.sentences else "; this round's were found as they were written"
    return "\n".join([f"{written}{refused}{found}", *(f"  {sentence}" for sentence in tally.sentences)])


def _of_view(view: View) -> str:
    counts = f"{view.missing} missing, {view.duplicate} duplicate, {view.different} different, {view.late} late"
    return f"{counts}; slowest after {view.slowest_seconds:.2f} s"
