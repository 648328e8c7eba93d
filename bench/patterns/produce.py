"""Runs programs so that they log in many ways, and keeps 2,000 lines of each: `python -m bench.patterns.produce NAME…`.

The programs are Debian's (nginx-light, postgresql, redis-server, openssh-server), Django from the development
dependencies, and the shop of examples/. What a line begins with by its logger's format (time, process, level) is cut
off, as in loghub's column Content. Run as root: sshd wants it. What comes out is written to NAME.txt in the working
directory; the templates in truth/NAME.txt were then written by reading the lines, and label.py joins the two.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.patterns import produce_django, produce_nginx, produce_postgresql, produce_redis, produce_shop, produce_sshd

LINES = 2000
PRODUCERS = {
    "django": produce_django.lines,
    "nginx": produce_nginx.lines,
    "postgresql": produce_postgresql.lines,
    "redis": produce_redis.lines,
    "shop": produce_shop.lines,
    "sshd": produce_sshd.lines,
}


def thinned(lines: list[str], chance: random.Random) -> list[str]:
    """2,000 of the lines in their order: the rare kinds whole, of the frequent ones as many as there is room for."""
    kinds = [re.sub(r"\S*\d\S*", "0", line)[:24] for line in lines]
    most = max(Counter(kinds).values())
    while sum(min(count, most) for count in Counter(kinds).values()) > LINES and most > 1:
        most -= 1
    kept: list[int] = []
    for kind, count in Counter(kinds).items():
        places = [place for place, each in enumerate(kinds) if each == kind]
        kept += places if count <= most else chance.sample(places, most)
    for place in range(len(lines)):
        if len(kept) >= LINES:
            break
        if place not in set(kept):
            kept.append(place)
    return [lines[place] for place in sorted(kept)[:LINES]]


def main() -> None:
    for name in sys.argv[1:] or PRODUCERS:
        with tempfile.TemporaryDirectory(prefix="spanwise-patterns-") as folder:
            Path(folder).chmod(0o755)
            lines = PRODUCERS[name](Path(folder), random.Random(4))
        kept = thinned([line for line in lines if line.strip()], random.Random(4))
        Path(f"{name}.txt").write_text("\n".join(kept) + "\n")
        print(f"{name}: {len(kept)} of {len(lines)} lines")


if __name__ == "__main__":
    main()
