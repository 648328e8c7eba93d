"""`spanwise explain` and `spanwise diagnose`: ask a running collector for a verdict, and print it for people."""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

from spanwise_collector.cli.remote import Failure, add_options, asked
from spanwise_collector.cli.terminal import colours, plain, second, write
from spanwise_collector.diagnose.claims import counted

NOTHING, FOUND = 0, 1
_SHOWN: Final = 5
_WIDTH: Final = 100
_BAR: Final = 10
_EXIT_CODES: Final = "Exit codes: 0 nothing unusual, 1 findings, 2 wrong usage, 3 the collector cannot be asked."


def explain(argv: list[str]) -> int:
    """Say what is wrong with one trace."""
    parser = parser_of("explain", "Say what is wrong with one trace, who is to blame, and what shows it.")
    parser.add_argument("trace_id", metavar="ID", help="the id of a trace, 32 or 16 hex digits")
    add_baseline(parser)
    given = parser.parse_args(argv)
    return run(given, f"/api/v1/traces/{quote(given.trace_id, safe='')}/diagnosis", _TraceText)


def diagnose(argv: list[str]) -> int:
    """Say who is to blame for what is unusual in a time window."""
    parser = parser_of("diagnose", "Say who is to blame for what is unusual in a time window (the last 15 minutes).")
    times = "RFC 3339, nanoseconds since the epoch, or such as now-15m"
    parser.add_argument("--start", help=times)
    parser.add_argument("--end", help="the same; now where it is left out")
    parser.add_argument("--service", help="only culprits of this service")
    add_baseline(parser)
    given = parser.parse_args(argv)
    return run(given, "/api/v1/diagnosis", _WindowText)


def parser_of(name: str, description: str) -> argparse.ArgumentParser:
    """What the commands share that print an answer for people."""
    parser = argparse.ArgumentParser(prog=f"spanwise {name}", description=description, epilog=_EXIT_CODES)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print the collector's answer as it is")
    return parser


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """The options of what is held against another time."""
    parser.add_argument("--baseline-start", help="beginning of a time that is taken as normal")
    parser.add_argument("--baseline-end", help="its end")


def run(given: argparse.Namespace, path: str, text: type["Text"], **more: str | None) -> int:
    """Ask, print the answer, and say what to exit with; `more` are parameters beside those of the command line."""
    wanted = {key: getattr(given, key, None) for key in ("start", "end", "baseline_start", "baseline_end", "service")}
    try:
        answer = asked(given, path, **(wanted | more))
    except Failure as error:
        sys.stderr.write(f"spanwise {text.command}: {error}\n")
        return error.code
    shown = text(answer, colours=colours())
    if given.json:
        write(json.dumps(answer, indent=2))
    else:
        write("\n".join(shown.lines()))
    return FOUND if shown.found() else NOTHING


class Text:
    """A verdict as lines: emphasized where `colours`, else without a single control character."""

    command: ClassVar[str]

    def __init__(self, answer: Mapping[str, Any], *, colours: bool) -> None:
        self.answer = answer
        self._colours = colours

    def lines(self) -> Iterator[str]:
        raise NotImplementedError

    def found(self) -> bool:
        """Whether there is something to look at."""
        return self.answer["verdict"] in ("findings", "culprit")

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def dim(self, text: str) -> str:
        return self._in("2", text)

    def red(self, text: str) -> str:
        return self._in("1;31", text)

    def bar(self, share: float) -> str:
        """A share of one as a bar of ten cells."""
        filled = round(share * _BAR)
        return self.red("█" * filled) + self.dim("░" * (_BAR - filled))

    def wrapped(self, text: str, indent: str) -> Iterator[str]:
        yield from textwrap.wrap(plain(text), _WIDTH, initial_indent=indent, subsequent_indent=indent)

    def _in(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colours else text


class _TraceText(Text):
    command = "explain"

    def lines(self) -> Iterator[str]:
        answer, checked = self.answer, self.answer["checked"]
        yield f"{self.bold('Trace ' + answer['trace_id'])}  {answer['verdict']}"
        if answer["verdict"] != "findings":
            yield from self.wrapped(answer["summary"], "")
        for finding in answer["findings"][:_SHOWN]:
            yield ""
            yield from self._finding(finding)
        if len(answer["findings"]) > _SHOWN:
            yield ""
            yield self.dim(f"and {len(answer['findings']) - _SHOWN} more (--json)")
        yield ""
        yield self.dim(
            f"Checked: {counted(checked['span_count'], 'span')}, {', '.join(checked['rules'])};"
            f" against {counted(checked['history_traces'], 'trace')} of the same root."
        )

    def _finding(self, finding: Mapping[str, Any]) -> Iterator[str]:
        share = f"{finding['share']:.0%} of the {finding['share_of']}" if finding["share"] else ""
        usual = "  usual for such traces" if finding["usual"] else ""
        culprit = plain(f"{finding['culprit']['service']}  {finding['culprit']['instance']}")
        yield f"{finding['rank']}. {self.bold(culprit)}  {self.bar(finding['share'])} {share}{self.dim(usual)}"
        yield from self.wrapped(finding["claim"], "   ")
        for shown in finding["evidence"]:
            yield self.dim(f"   span {shown['span_id']}  {plain(shown['text'])}")
        for text in finding["against"]:
            yield from self.wrapped(f"But: {text}", "   ")
        for text in finding["next"]:
            yield from self.wrapped(f"Next: {text}", "   ")


class _WindowText(Text):
    command = "diagnose"

    def lines(self) -> Iterator[str]:
        window, baseline = self.answer["checked"]["window"], self.answer["checked"]["baseline"]
        yield f"{self.bold(when(window))}  {self.answer['verdict']}"
        if self.answer["verdict"] != "culprit":
            yield from self.wrapped(self.answer["summary"], "")
        for culprit in self.answer["culprits"][:_SHOWN]:
            yield ""
            yield from self._culprit(culprit)
        yield from self._operations()
        for change in self.answer["traffic"][:_SHOWN]:
            yield ""
            yield from self.wrapped(f"Traffic: {change['claim']}", "")
        yield ""
        instances = counted(self.answer["checked"]["instances"], "instance")
        yield self.dim(
            f"Checked: {counted(window['trace_count'], 'trace')} of {instances}"
            f" against {baseline['trace_count']:,} of {when(baseline)}."
        )

    def _operations(self) -> Iterator[str]:
        if self.answer["operations"]:
            yield ""
            yield self.bold("Operations")
        for each in self.answer["operations"][:_SHOWN]:
            named = plain(f"{each['service']}  {each['instance']}  {each['operation']}")
            yield f"{each['rank']}. {named}  {each['score']:.2f}  {each['kind']}"

    def _culprit(self, culprit: Mapping[str, Any]) -> Iterator[str]:
        named = plain(f"{culprit['service']}  {culprit['instance']}")
        since = f"since {second(culprit['since_unix_nano'])}"
        yield f"{culprit['rank']}. {self.bold(named)}  {self.bar(culprit['score'])} {culprit['score']:.2f}" + (
            f"  {culprit['kind']}  {self.dim(since)}"
        )
        for claim in [culprit["claim"], *culprit["claims"][1:]]:
            yield from self.wrapped(claim, "   ")
        for what in culprit["coincides"]:
            yield from self.wrapped(f"Coincides: {what['sentence']}", "   ")
        for shown in culprit["evidence"][:3]:
            if shown["kind"] == "log":
                yield self.dim(
                    f"   {second(shown['time_unix_nano'])} {shown['service']}: {plain(shown['text'])[:_WIDTH]}"
                )
            else:
                yield self.dim(f"   spanwise explain {shown['trace_id']}  span {shown['span_id']}")


def when(window: Mapping[str, Any]) -> str:
    """A time range for people."""
    return f"{second(window['start_time_unix_nano'])} to {second(window['end_time_unix_nano'])}"
