"""`python -m tests.fuzz.guided NAME …`: one decoder under atheris, which looks for inputs that reach new code.

Installed by `pip install atheris` where there is a wheel for it; not locked, since no test needs it. The arguments
behind the name are libFuzzer's: `-runs=1000000`, `-max_total_time=600`. It prints its number of executions.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["spanwise_collector.receive"]):
    from tests.fuzz.decoders import DECODERS, tried


def main() -> None:
    """Run until libFuzzer ends."""
    name = sys.argv.pop(1)
    decode, seed = DECODERS[name]
    corpus = Path(tempfile.mkdtemp(prefix="spanwise-fuzz-"))
    (corpus / "seed").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], lambda data: tried(decode, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
