"""`spanwise diff`: ask a running collector what is different between two sets, and print it for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from spanwise_collector.cli.terminal import plain
from spanwise_collector.cli.verdicts import Text, add_baseline, parser_of, run

_KEYS: Final = 8
_PLACES: Final = 12


def diff(argv: list[str]) -> int:
    """Say what is different between two traces, or two sets of spans; 0: nothing, 1: something."""
    parser = parser_of("diff", "Say what is different between two traces, a trace and its like, or two sets of spans.")
    queries = "in the search language: docs/query-language.md"
    parser.add_argument("a", nargs="?", metavar="A", help=f"a trace's id, or a query {queries}")
    parser.add_argument("b", nargs="?", metavar="B", help="another; `baseline`: like traces that did not fail")
    parser.add_argument("--split", choices=("slow", "failed", "version"), help="slow and normal, failed and ok, …")
    parser.add_argument("--threshold", help="with --split slow: p99, or such as 500ms [p95]")
    parser.add_argument("--query", dest="q", help=f"of which spans, {queries}; else whole traces")
    parser.add_argument("--service", help="of which service's spans")
    parser.add_argument("--operation", help="of which operation's spans")
    parser.add_argument("--start", help="RFC 3339, nanoseconds since the epoch, or such as now-15m [now-1h]")
    parser.add_argument("--end", help="the same; now where it is left out")
    add_baseline(parser)
    given = parser.parse_args(argv)
    more = {key: getattr(given, key) for key in ("a", "b", "split", "threshold", "q", "operation")}
    return run(given, "/api/v1/compare", _DiffText, **more)


class _DiffText(Text):
    command = "diff"

    def found(self) -> bool:
        return any(each["share"] for each in self._places()) or bool(self._keys())

    def lines(self) -> Iterator[str]:
        a, b = self.answer["a"], self.answer["b"]
        yield self.bold(f"a: {a['matched']:,} spans ({a['failed']:,} failed)   b: {b['matched']:,} ({b['failed']:,})")
        yield from self.wrapped(self.answer["summary"], "")
        places = [(each["share"], each["claim"]) for each in self._places() if each["share"]]
        yield from self._shown("Calls", places, _PLACES)
        yield from self._shown("Attributes", self._keys(), _KEYS)
        yield ""
        yield self.dim(
            f"Looked at {a['looked_at']:,} and {b['looked_at']:,} spans, the calls below {a['trees']:,} and"
            f" {b['trees']:,}; {self.answer['attributes']['left_out_total']} keys were left out (--json names them)."
        )

    def _shown(self, title: str, rows: list[tuple[float, str]], most: int) -> Iterator[str]:
        if rows:
            yield ""
            yield self.bold(title)
        for share, claim in rows[:most]:
            yield f"  {self.bar(share)} {share:>4.0%}  {plain(claim)}"
        if len(rows) > most:
            yield self.dim(f"  and {len(rows) - most} more (--json)")

    def _keys(self) -> list[tuple[float, str]]:
        """What is no chance; of a single trace, of which nothing can be sure, all that differs."""
        single = min(self.answer["a"]["matched"], self.answer["b"]["matched"]) == 1
        return [
            (abs(each["values"][0]["difference"]) if single else each["score"], each["claim"])
            for each in self.answer["attributes"]["keys"]
            if single or each["score"]
        ]

    def _places(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.answer["calls"]["places"]
        return found
