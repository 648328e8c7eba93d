"""`python -m tests.fuzz.guided NAME …`: one decoder under atheris, which looks for inputs that reach new code.

A decoder of `pairs.py` is held against the plain reader of its format, one of `decoders.py` to its properties alone.
Installed by `pip install atheris` where there is a wheel for it; not locked, since no test needs it. The arguments
behind the name are libFuzzer's: `-runs=1000000`, `-max_total_time=600`. It prints its number of executions.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["spanwise_collector.receive"]):
    from tests.fuzz.decoders import DECODERS, tried
    from tests.fuzz.pairs import PAIRS, outcome

_SEEDS = 50


def main() -> None:
    """Run until libFuzzer ends."""
    name = sys.argv.pop(1)
    chance = random.Random(1)
    if name in PAIRS:
        run: Callable[[bytes], object] = partial(outcome, PAIRS[name])
        seeds = [PAIRS[name].make(chance) for _ in range(_SEEDS)]
    else:
        run, seeds = partial(tried, DECODERS[name][0]), [DECODERS[name][1]]
    corpus = Path(tempfile.mkdtemp(prefix="spanwise-fuzz-"))
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], lambda data: run(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
