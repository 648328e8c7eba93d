"""`spanwise services`, `map` and `open`: who there is, who calls whom, and the web view's page of a trace."""

import argparse
import json
import webbrowser
from collections.abc import Iterator, Mapping
from typing import Any

from spanwise_collector.cli.remote import USAGE, Failure, address, asked
from spanwise_collector.cli.search import NOTHING, OK, parser_of, run
from spanwise_collector.cli.terminal import coloured, duration, moment, plain, styled, write

_HEX = frozenset("0123456789abcdefABCDEF")


def services(argv: list[str]) -> int:
    """List services with their figures."""
    parser = parser_of("services", "List services with their requests, errors and percentiles, the busiest first.")
    _add_range(parser)
    return run(parser, argv, _list_services)


def map_(argv: list[str]) -> int:
    """Say what calls what."""
    parser = parser_of("map", "Say what calls what, the most calls first; or draw it: --dot | dot -Tsvg")
    parser.add_argument("query", nargs="?", metavar="QUERY", help="only calls one of whose spans is so")
    _add_range(parser)
    parser.add_argument("--focus", metavar="SERVICE", help="only what is near a service")
    parser.add_argument("--dot", action="store_true", help="print a graph for Graphviz")
    return run(parser, argv, _show_map)


def open_(argv: list[str]) -> int:
    """Open a trace in the web view."""
    parser = parser_of("open", "Open a trace in the web view, with the browser of this machine, and print its address.")
    parser.add_argument("trace_id", metavar="ID", help="32 or 16 hex digits")
    return run(parser, argv, _open)


def _add_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", default="now-1h", help="RFC 3339, or such as now-15m [now-1h]")
    parser.add_argument("--end", help="the same; now where it is left out")


def _list_services(given: argparse.Namespace) -> int:
    answer = asked(given, "/api/v1/services", start=given.start, end=given.end)
    if given.json:
        write(json.dumps(answer, indent=2))
        return OK if answer["services"] else NOTHING
    if not answer["services"]:
        write("No service has sent spans or log records in that time.")
        return NOTHING
    width = min(max(len(plain(each["name"])) for each in answer["services"]), 40)
    heads = "  ".join(f"{each:>9}" for each in ("p50", "p95", "p99"))
    write(styled("1", f"{'service':<{width}}  {'requests':>9}  {'errors':>7}  {heads}  {'logs':>9}  last seen"))
    for each in sorted(answer["services"], key=lambda each: (-each["request_count"], -each["log_count"])):
        name = plain(each["name"])[:width]
        share = each["request_error_count"] / each["request_count"] if each["request_count"] else 0.0
        errors = f"{share:7.1%}" if each["request_count"] else f"{'-':>7}"
        figures = "  ".join(f"{'-' if each[p] is None else duration(each[p]):>9}" for p in ("p50", "p95", "p99"))
        write(
            f"{coloured(each['name'], f'{name:<{width}}')}  {each['request_count']:>9,}"
            f"  {styled('31', errors) if share else errors}  {figures}  {each['log_count']:>9,}"
            f"  {moment(each['last_seen_unix_nano'])}"
        )
    return OK


def _show_map(given: argparse.Namespace) -> int:
    answer = asked(given, "/api/v1/map", q=given.query, start=given.start, end=given.end, focus=given.focus)
    if given.json:
        write(json.dumps(answer, indent=2))
    else:
        for line in _dot(answer) if given.dot else _calls(answer):
            write(line)
    return OK if answer["nodes"] else NOTHING


def _calls(answer: Mapping[str, Any]) -> Iterator[str]:
    names = {node["id"]: node["name"] for node in answer["nodes"]}
    if not answer["nodes"]:
        yield "No service has sent spans in that time."
    for edge in answer["edges"]:
        figures = edge["caller"]
        arrow = "⇢" if edge["asynchronous"] else "→"
        failed = styled("31", f"  {figures['error_count']:,} failed") if figures["error_count"] else ""
        p95 = "" if figures["p95"] is None else f"  p95 {duration(figures['p95'])}"
        source, target = (coloured(names[edge[end]], plain(names[edge[end]])) for end in ("source", "target"))
        yield f"{source} {arrow} {target}  {figures['count']:,} calls{p95}{failed}"
    if answer["one_in"] > 1:
        yield f"Calls are those of one trace in {answer['one_in']}, scaled."
    if answer["limit_name"]:
        yield f"{answer['total'] - answer['returned']:,} nodes are left out: {answer['limit_name']}."


def _dot(answer: Mapping[str, Any]) -> Iterator[str]:
    shapes = {"service": "box", "database": "cylinder", "messaging": "cds", "external": "ellipse"}
    yield "digraph services {"
    yield '  rankdir=LR; node [fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];'
    for node in answer["nodes"]:
        colour = ', color="#b00020"' if node["error_count"] else ""
        yield f"  {_quoted(node['id'])} [label={_quoted(node['name'])}, shape={shapes[node['kind']]}{colour}];"
    for edge in answer["edges"]:
        figures = edge["caller"]
        label = f"{figures['count']:,}" + ("" if figures["p95"] is None else f", p95 {duration(figures['p95'])}")
        style = ", style=dashed" if edge["asynchronous"] else ""
        colour = ', color="#b00020"' if figures["error_count"] else ""
        yield f"  {_quoted(edge['source'])} -> {_quoted(edge['target'])} [label={_quoted(label)}{style}{colour}];"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _open(given: argparse.Namespace) -> int:
    if len(given.trace_id) not in (16, 32) or not set(given.trace_id) <= _HEX:
        raise Failure(f"{plain(given.trace_id)[:60]} is no id of a trace: give 32 or 16 hex digits.", code=USAGE)
    page = f"{address(given.url).geturl()}/t/{given.trace_id.lower()}"
    write(json.dumps({"url": page}) if given.json else page)
    # Without a browser the address is what there is.
    webbrowser.open(page)
    return OK
