"""Lines that belong together: tracebacks of Python, Java and Go, and whatever is indented below a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from spanwise.ship.containers import Line

_MOST_LINES = 2000
_MOST_CHARACTERS = 256 * 1024
_PYTHON = "Traceback (most recent call last):"
_PYTHON_BETWEEN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
    _PYTHON,
)
_JAVA = re.compile(r"(?:Caused by|Suppressed|Wrapped by): |(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable)\b")
_GO_START = ("panic: ", "fatal error: ")
_GO = re.compile(r"$|goroutine \d+ \[|created by |\[signal |exit status |[\w./*()\[\]{}$-]+\(.*\)$")
_CLOSING = re.compile(r"[\]})]+[,;]?$")


@dataclass(slots=True)
class Entry:
    """A record of one or more lines; `start` and `end` are places in its file, `done` when nothing can follow."""

    texts: list[str]
    stream: str
    time: str
    start: int
    end: int
    done: bool = False
    size: int = 0
    in_python: bool = False
    in_go: bool = False
    labels: dict[str, str] | None = None

    def record(self) -> str | dict[str, object]:
        """As `delivery.body_of` wants it."""
        text = "\n".join(self.texts)
        found: dict[str, object] = {"log": text, "stream": self.stream, "time": self.time}
        return found | ({"attrs": self.labels} if self.labels else {}) if self.stream else text


@dataclass(slots=True)
class Joiner:
    """Makes entries of lines, and gives them up in the order of their beginnings, at clean places of the file only:

    where no entry lies on both sides. From such a place a file can be read again without a record seen twice.
    """

    entries: list[Entry] = field(default_factory=list)
    _open: dict[str, Entry] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        current = self._open.get(line.stream)
        if current is not None and not line.continues and _continues(current, line.text):
            current.texts.append(line.text)
            _note(current, line.text)
        elif current is not None and line.continues and current.size <= _MOST_CHARACTERS:
            current.texts[-1] += line.text
        else:
            if current is not None:
                current.done = True
            if not line.text.strip():
                self._open.pop(line.stream, None)
                return
            current = Entry([line.text], line.stream, line.time, line.start, line.end, labels=line.labels)
            _note(current, line.text)
            self._open[line.stream] = current
            self.entries.append(current)
        current.end = line.end
        current.size += len(line.text)

    def close(self) -> None:
        """Nothing has come for a while: what is open is complete."""
        for entry in self._open.values():
            entry.done = True
        self._open.clear()

    def take(self, most: int, most_size: int) -> list[Entry]:
        """Entries up to the last clean place within so many and so many characters; they are then no more ours."""
        if len(self.entries) > 4 * most:
            self.close()
        clean = reached = size = 0
        for number, entry in enumerate(self.entries):
            if entry.start >= reached:
                clean = number
            if not entry.done or (clean and (number >= most or size > most_size)):
                break
            reached, size = max(reached, entry.end), size + entry.size
        else:
            clean = len(self.entries)
        taken, self.entries = self.entries[:clean], self.entries[clean:]
        return taken


def _note(entry: Entry, text: str) -> None:
    if text.endswith(_PYTHON):
        entry.in_python = True
    if text.startswith(_GO_START):
        entry.in_go = True


def _continues(entry: Entry, text: str) -> bool:
    if len(entry.texts) >= _MOST_LINES or entry.size + len(text) > _MOST_CHARACTERS:
        return False
    if text[:1] in (" ", "\t") and text.strip():
        return True
    last = entry.texts[-1]
    if entry.in_python and (last[:1] == " " or not text or text in _PYTHON_BETWEEN):
        return True
    if entry.in_go and _GO.match(text) is not None:
        return True
    if text == _PYTHON or _JAVA.match(text) is not None:
        return True
    return last[:1] in (" ", "\t") and _CLOSING.match(text) is not None
