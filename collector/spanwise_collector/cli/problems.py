"""`spanwise problems`: ask a running collector what is broken right now, and print it for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from spanwise_collector.cli.terminal import plain, second
from spanwise_collector.cli.verdicts import Text, parser_of, run, when


def problems(argv: list[str]) -> int:
    """Say what is broken right now; 0: nothing that is not muted, 1: something."""
    parser = parser_of("problems", "Say what is broken right now, one paragraph a cause, and what was broken.")
    parser.add_argument("--all", dest="state", action="store_const", const="all", help="also those that are over")
    given = parser.parse_args(argv)
    return run(given, "/api/v1/problems", _ProblemsText, state=given.state)


class _ProblemsText(Text):
    command = "problems"

    def found(self) -> bool:
        return any(each["state"] == "open" and not each["muted"] for each in self.answer["problems"])

    def lines(self) -> Iterator[str]:
        look = self.answer["last_look"]
        looked = look["outcome"] == "looked"
        for problem in self.answer["problems"]:
            yield from self._problem(problem)
            yield ""
        if not self.answer["problems"]:
            yield "Nothing is broken." if looked else "Nothing is known to be broken."
        if looked:
            traces, usual = look["window"]["trace_count"], look["baseline"]["trace_count"]
            yield self.dim(f"Looked at {when(look['window'])}, {traces:,} traces against {usual:,}.")
        else:
            why = f": {plain(look['error'])}" if look["error"] else ""
            yield self.dim(f"Last look: {look['outcome']}{why}.")

    def _problem(self, problem: Mapping[str, Any]) -> Iterator[str]:
        open_now = problem["state"] == "open"
        until = "going on" if open_now else f"until {second(problem['ended_unix_nano'])}"
        muted = self.dim("  muted") if problem["muted"] else ""
        mark = self.red("●") if open_now and not problem["muted"] else self.dim("○")
        yield f"{mark} {problem['confidence']}, since {second(problem['onset_unix_nano'])}, {until}{muted}"
        yield from self.wrapped(problem["sentence"], "  ")
        reach = f"{problem['traces_per_minute']:g} traces a minute through {', '.join(problem['services'])}"
        yield from self.wrapped(f"Reaches {reach}.", "  ")
        if problem["trace_id"]:
            yield self.dim(f"  spanwise explain {problem['trace_id']}")
