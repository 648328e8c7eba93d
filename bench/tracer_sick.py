"""Requests of a traced application beside an endpoint that is healthy, and beside ones that are ill in every known way.

Each kind runs in a process of its own; rounds of all kinds follow each other. A request is an ASGI call that works for
about a millisecond and makes five spans; 500 a second are begun.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext

from tests.tracer.sick import SICK, sick

REQUESTS, WARM_UP, PAUSE, WORK = 3000, 500, 0.001, 20_000


def worker(endpoint: str) -> None:
    """Serve requests in this process and print what they took; without an endpoint nothing traces."""
    import spanwise

    from bench.contenders import bare_app
    from bench.tracer import request

    if endpoint != "none":
        spanwise.init("bench", endpoint=endpoint)
    taken: list[float] = []

    async def work(scope: object, receive: object, send: object) -> None:
        for _ in range(5):
            with spanwise.span("step", items=3):
                sum(range(WORK // 5))
        await bare_app(scope, receive, send)

    async def serve() -> None:
        app = spanwise.ASGIMiddleware(work)
        for _ in range(WARM_UP + REQUESTS):
            started = time.perf_counter()
            await request(app)
            taken.append((time.perf_counter() - started) * 1e6)
            await asyncio.sleep(PAUSE)

    asyncio.run(serve())
    taken = sorted(taken[WARM_UP:])
    print(
        json.dumps(
            {
                "p50": taken[REQUESTS // 2],
                "p99": taken[REQUESTS * 99 // 100],
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "left": time.time(),
            }
        )
    )


def one(endpoint: str) -> dict[str, float]:
    """Run one process to its very end; `exit` is the seconds that its end took."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.tracer_sick", endpoint], capture_output=True, text=True, timeout=120, check=True
    )
    ended = time.time()
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "exit": ended - found["left"]}


def report(healthy: str, rounds: int) -> str:
    """The medians of all rounds, p99 also beside the healthy one's of the same round."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        # The second healthy one says how far two runs of the same differ.
        for kind in ("no tracer", "healthy", *SICK, "healthy, again"):
            with sick(kind) if kind in SICK else nullcontext("none" if kind == "no tracer" else healthy) as endpoint:
                found.setdefault(kind, []).append(one(endpoint))
    lines = ["| endpoint | p50 | p99 | p99 to healthy | memory | exit |", "|---|---|---|---|---|---|"]
    for kind, each in found.items():
        middle = {key: statistics.median(one[key] for one in each) for key in each[0]}
        ratio = statistics.median(one["p99"] / well["p99"] for one, well in zip(each, found["healthy"], strict=True))
        lines.append(
            f"| {kind} | {middle['p50']:.0f} µs | {middle['p99']:.0f} µs | {ratio:.2f} | {middle['memory']:.0f} MiB "
            f"| {max(one['exit'] for one in each):.1f} s |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    worker(sys.argv[1])
