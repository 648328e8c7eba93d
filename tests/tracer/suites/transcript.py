"""What an application showed: answers, exceptions with their tracebacks, log lines; one JSON line each in a file."""

from __future__ import annotations

import json
import os
import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_OURS = (f"{os.sep}spanwise{os.sep}", f"{os.sep}opentelemetry{os.sep}")
_FILE = "SUITE_TRANSCRIPT"
# Where an object lies in memory is different in every process.
_ADDRESS = re.compile(r"\b(0x)?[0-9a-f]{12,16}\b")


def write(what: str, *seen: Any) -> None:
    """Add one line; the order of lines is a part of the transcript."""
    with Path(os.environ[_FILE]).open("a") as lines:
        lines.write(_ADDRESS.sub("ADDRESS", json.dumps([what, *seen], default=repr)) + "\n")


def answer(what: str, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    """Add an answer: its status, its headers in order, its body."""
    write(what, status, [list(pair) for pair in headers], body.decode("latin-1"))


def exception(what: str, error: BaseException) -> None:
    """Add an exception and what it followed, with the frames they came through but for those of tracing."""
    while error is not None:
        frames = [
            [Path(frame.filename).name, frame.name, frame.line]
            for frame in traceback.extract_tb(error.__traceback__)
            if not any(part in frame.filename for part in _OURS)
        ]
        write(what, type(error).__qualname__, error.args, getattr(error, "__notes__", []), frames)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
