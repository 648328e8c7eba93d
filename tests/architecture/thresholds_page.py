"""docs/thresholds.md, made from the thresholds themselves: `python -m tests.architecture.thresholds_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator

from spanwise_collector.diagnose.thresholds import UNITS, OfBoth, OfTraces, OfWindows, known

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "thresholds.md"
_INTRODUCTION = """\
# Thresholds of the diagnosis

From when on something is unusual enough to be told. Each can be set for a collector: `--threshold NAME=VALUE`, as often
as needed; the variable `SPANWISE_THRESHOLD` with spaces between them; or a table of `spanwise.toml`:

```toml
[threshold]
slow_spreads = 4       # tell of slow spans only from four spreads on
sql_time = 250         # and of statements from 250 ms on
```

A flag wins over the variable, and the variable over the file; of one that is named twice the last counts. What is no
threshold, or out of its range, keeps the collector from starting, with the nearest name or the range. What is set
otherwise than by default stands in every verdict (`checked.thresholds`). The defaults are what
[the figures](diagnosis.md#how-good-it-is-and-how-it-was-tuned) were measured with. The weights by which deviations are
ranked cannot be set: they are constants beside their reasons. This page is made from the thresholds themselves
(CONTRIBUTING.md says how), and a test compares the two."""


def rendered() -> str:
    """The page as it has to be."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    for kind in (OfTraces, OfWindows, OfBoth):
        words = (kind.__doc__ or "").split("\n")[0]
        yield from ("", f"## {words.rstrip('.')}", "", "| Name | Default | Unit | Meaning |", "|---|---|---|---|")
        for each in known():
            if each.name in kind.__annotations__:
                meta = each.metadata
                yield f"| `{each.name}` | {each.default:g} | {UNITS[meta['unit']].name} | {meta['meaning']} |"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
