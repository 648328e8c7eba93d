"""Stack traces as Python, the JVM, .NET, V8, Go, Ruby and PHP write them: frames, and which are the application's."""

import re
from dataclasses import dataclass
from typing import Final

MOST_FRAMES: Final = 200
"""Frames of a stack trace that are told apart, from the innermost; a recursion has thousands."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in the code; `line` is 0 where it is not said, `library` whether it is not of the application."""

    file: str
    line: int
    function: str
    library: bool


_FRAME: Final = re.compile(
    r"""
    ^[ \t|]*File\ "(?P<py_file>[^"\n]+)",\ line\ (?P<py_line>\d+),\ in\ (?P<py>[^\n]*)$
    | ^[ \t]*at\ (?P<net>[^\n]+?)\ ?\([^()\n]*\)\ in\ (?P<net_file>[^\n]+):line\ (?P<net_line>\d+)
    | ^[ \t]*at\ (?:async\ )?(?P<call>[^\n]*?)\ ?\((?P<call_file>[^()\n]*?)(?::(?P<call_line>\d+))?(?::\d+)?\)
    | ^[ \t]*at\ (?:async\ )?(?P<bare_file>[^()\s]+?):(?P<bare_line>\d+):\d+$
    | ^(?P<go>\S[^\n]*?)(?:\((?:[^*\n][^\n]*)?\))?\n\t(?P<go_file>\S+\.go):(?P<go_line>\d+)
    | ^[ \t]*(?:from\ )?(?P<rb_file>[^\s:]+\.rb):(?P<rb_line>\d+):in\ [`'](?P<rb>[^\n']+)'
    | ^\#\d+\ (?P<php_file>[^\n(]+\.php)\((?P<php_line>\d+)\):\ (?P<php>[^\n(]+)
    """,
    re.MULTILINE | re.VERBOSE | re.ASCII,
)
_LIBRARY_FILE: Final = re.compile(
    r"""
    (?:^|[/\\])(?:site-packages|dist-packages|node_modules|vendor|gems)[/\\]
    | [/\\]tracer[/\\]spanwise[/\\]
    | [/\\]lib[/\\](?:python|ruby)[\d.]*[/\\] | [/\\]python\d+[/\\]lib[/\\]
    | ^< | ^(?:node|native|internal)(?:[:/]|$)
    | @v\d[^/]*/ | /(?:usr|opt)/(?:[^/]+/)*go[^/]*/src/
    | ^(?:bufio|bytes|context|crypto|database|encoding|fmt|internal|io|log|net|os|reflect|runtime|strings|sync|syscall
        |testing|time)/.*\.go$
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Of the JVM and .NET, whose frames name a package and no path.
_LIBRARY_PACKAGE: Final = re.compile(
    r"""
    (?:[\w.@-]*//?)?(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|groovy|clojure|akka|play|reactor|rx
    |org\.(?:apache|aspectj|eclipse|hibernate|jboss|junit|postgresql|springframework)
    |io\.(?:grpc|micronaut|netty|opentelemetry|quarkus|reactivex|undertow|vertx)
    |com\.(?:fasterxml|google|mysql|zaxxer)|Microsoft|System)\.
    """,
    re.VERBOSE | re.ASCII,
)
# What is tried at each place of a line takes as long as the line at most.
_LONGEST_LINE: Final = 512
_INNERMOST_LAST: Final = "most recent call last"
# The line that is not indented after the last frame of Python; the one before the first `at`; Go's panic.
_UNINDENTED: Final = re.compile(r"^\S[^\n]*", re.MULTILINE)
_AT_HEADLINE: Final = re.compile(r"([^\n]+)\n[ \t]*at ")
_PANIC: Final = re.compile(r"^panic: [^\n]*", re.MULTILINE)
_BEFORE_TYPE: Final = re.compile(r'Exception in thread "[^"]*" |Uncaught (?:\(in promise\) )?|Unhandled exception\. ')
_TYPE: Final = re.compile(r"([A-Za-z_][\w.$]*)(?:: |:?$)", re.ASCII)


def frames(stack: str) -> tuple[Frame, ...]:
    """The frames of a stack trace, the innermost first; of an exception with a cause, those of the one raised last.

    Empty for what is no stack trace, or one of a language that is not known.
    """
    found = [_frame(each) for each in _FRAME.finditer(_with_short_lines(stack))]
    if _INNERMOST_LAST in stack:
        found.reverse()
    return tuple(found[:MOST_FRAMES])


def headline(stack: str) -> tuple[str, str]:
    """Type and message of what was raised, as the stack trace says them; "" where it does not."""
    stack = _with_short_lines(stack)
    if _INNERMOST_LAST in stack:
        *_, last = (0, *(each.end() for each in _FRAME.finditer(stack)))
        found = _UNINDENTED.search(stack, last)
        text = found[0] if found else ""
    elif (panic := _PANIC.search(stack)) is not None:
        text = panic[0]
    else:
        before = _AT_HEADLINE.search(stack)
        text = before[1].strip() if before else ""
    text = _BEFORE_TYPE.sub("", text, count=1)
    named = _TYPE.match(text)
    return ("", text) if named is None else (named[1], text[named.end() :])


def _with_short_lines(stack: str) -> str:
    return "\n".join(line[:_LONGEST_LINE] for line in stack.split("\n"))


def _frame(found: re.Match[str]) -> Frame:
    groups = found.groupdict()
    file = next((groups[name] for name in groups if name.endswith("_file") and groups[name] is not None), "")
    line = next((groups[name] for name in groups if name.endswith("_line") and groups[name]), "0")
    function = next((groups[name] for name in ("py", "net", "call", "go", "rb", "php") if groups[name]), "")
    return Frame(file, min(int(line), (1 << 31) - 1), function, _is_library(file, function))


def _is_library(file: str, function: str) -> bool:
    if _LIBRARY_FILE.search(file):
        return True
    return not ("/" in file or "\\" in file) and _LIBRARY_PACKAGE.match(function) is not None
