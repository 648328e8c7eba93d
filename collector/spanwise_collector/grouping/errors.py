"""What makes two errors one: their type, what is the same in their messages, and the places in the code."""

import hashlib
import re
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from spanwise_collector.grouping.stack_traces import Frame, frames, headline

_PLACES: Final = 3
# As spanwise_masked of 010_functions.sql has them: a test compares the two.
_PARAMETER: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|[A-Za-z_./@+%#-]*[0-9][0-9A-Za-z_./@+%#:-]*|[A-Za-z_.+-]+@[A-Za-z_.-]+|(?:/[A-Za-z_.+%~-]+){2,}/?'
)
_QUOTED: Final = re.compile(r"([ =:(,\[])'[^']*'")
# What a KeyError says is a text in quotes and nothing else.
_BEGINS_QUOTED: Final = re.compile(r"^'[^']*'")
_TAIL: Final = re.compile(r"(?:[^/\\]*[/\\])?[^/\\]*$")
# What a build adds to the name of a file, and a run to that of a function.
_BUILD: Final = re.compile(r"[0-9a-f]{8,}|[.-][0-9A-Za-z_-]{8}(?=\.[a-z]+$)", re.ASCII)
_RUN: Final = re.compile(r"(\$+[A-Za-z]*)[$0-9a-fx/]+", re.ASCII)
_FIRST: Final = r"\1"


@dataclass(frozen=True, slots=True)
class Error:
    """One kind of error: `message` has <*> for what varies, `frames` are the innermost first.

    `operation` is one of the spans that failed so; "" where there was an exception.
    """

    fingerprint: str
    type: str
    message: str
    frames: tuple[Frame, ...]
    operation: str


def identify(service: str, type_: str, message: str, stack: str, name: str) -> Error:
    """The error that a span or a log record tells of; what type and message leave open stands in the stack trace.

    The fingerprint, 16 hex digits, is a function of type, masked message and the three innermost places of the
    application, else of libraries. Without any frames, of the service and of `name`, that of a span that failed without
    an exception.
    """
    if stack and not (type_ and message):
        said = headline(stack)
        type_, message = type_ or said[0], message or said[1]
    found = frames(stack)
    own = [each for each in found if not each.library] or found
    places = [place for place, _ in groupby(map(_place, own))][:_PLACES] or [service, masked(name)]
    text = masked(message)
    digest = hashlib.blake2b("\0".join((type_, text, *places)).encode(), digest_size=8).hexdigest()
    return Error(digest, type_, text, found, name)


def masked(message: str) -> str:
    """The first line of a message, with <*> for text in quotes, words with a digit in them, addresses and paths."""
    first = message.lstrip(" ").split("\n", 1)[0]
    return _BEGINS_QUOTED.sub("<*>", _QUOTED.sub(r"\1<*>", _PARAMETER.sub("<*>", first)))


def _place(frame: Frame) -> str:
    """Where the code lies below the folder that it was installed to, without what a build, a run or a line adds."""
    tail = _TAIL.search(frame.file)
    file = _BUILD.sub("", tail[0]) if tail else ""
    return f"{file} {_RUN.sub(_FIRST, frame.function)}"
