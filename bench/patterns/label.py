"""Writes lines/NAME.csv.gz from lines of a program and its templates: `python -m bench.patterns.label NAME LINES.txt`.

truth/NAME.txt holds the templates, written by hand from the lines and what the program's source has for format
strings; a line has the template that fits it with the most literal text. A line that none fits is refused: its template
is missing.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def label(lines: list[str], templates: list[str]) -> list[tuple[str, str]]:
    """Each line with its template; raises ValueError for one that has none."""
    known = [(re.compile(".+?".join(map(re.escape, each.split("<*>"))), re.DOTALL), each) for each in templates]
    known.sort(key=lambda each: -len(each[1].replace("<*>", "")))
    labelled = []
    for line in lines:
        template = next((text for pattern, text in known if pattern.fullmatch(line)), None)
        if template is None:
            raise ValueError(f"no template fits: {line!r}")
        labelled.append((line, template))
    return labelled


def main() -> None:
    name, source = sys.argv[1], Path(sys.argv[2])
    templates = (FOLDER / "truth" / f"{name}.txt").read_text("utf-8").splitlines()
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["LineId", "Content", "EventTemplate"])
    labelled = label(source.read_text("utf-8").splitlines(), templates)
    rows.writerows((number, *each) for number, each in enumerate(labelled, start=1))
    made = gzip.compress(text.getvalue().encode(), mtime=0)
    (FOLDER / "lines" / f"{name}.csv.gz").write_bytes(made)
    print(f"{name}: {len(labelled)} lines, {len({each for _, each in labelled})} templates, {len(made):,} bytes")


if __name__ == "__main__":
    main()
