"""What container engines write around a line, and the names that Kubernetes puts into paths."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP])(?::[^ ]*)* ?(.*)", re.DOTALL)
_POD = re.compile(r"/pods/([^/_]+)_([^/_]+)_([^/_]+)/([^/]+)/(\d+)\.log$")
_CONTAINER = re.compile(r"/containers/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log$")
_DOCKER = re.compile(r"/containers/([0-9a-f]{64})/\1-json\.log$")


@dataclass(slots=True)
class Line:
    """One line of a file. `stream`, `time` and `labels` are a container's; `continues` where it ends a line that was
    cut."""

    text: str
    start: int
    end: int
    stream: str = ""
    time: str = ""
    continues: bool = False
    labels: dict[str, str] | None = None


class Unwrapper:
    """Takes a container engine's own words off its lines, and knows which were cut; one for each file."""

    def __init__(self) -> None:
        self._cut: set[str] = set()

    def line(self, raw: bytes, start: int, end: int) -> Line:
        text = raw.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        if (match := _CRI.match(text)) is not None:
            return self._known(Line(match[4], start, end, match[2], match[1]), partial=match[3] == "P")
        if text.startswith('{"log":'):
            try:
                found = json.loads(text)
                log, stream, time = str(found["log"]), str(found["stream"]), str(found["time"])
            except (ValueError, KeyError, TypeError, RecursionError):
                return Line(text, start, end)
            whole = log.endswith("\n")
            shown = log.removesuffix("\n").removesuffix("\r") if whole else log
            attrs = found.get("attrs")
            labels = {str(key): str(value) for key, value in attrs.items()} if isinstance(attrs, dict) else None
            return self._known(Line(shown, start, end, stream, time, labels=labels), partial=not whole)
        return Line(text, start, end)

    def _known(self, line: Line, *, partial: bool) -> Line:
        line.continues = line.stream in self._cut
        (self._cut.add if partial else self._cut.discard)(line.stream)
        return line


def names_in(path: str) -> dict[str, str]:
    """Attributes of the resource that a path tells, by OpenTelemetry's names; the container is the service."""
    if (match := _POD.search(path)) is not None:
        return {
            "service": match[4],
            "k8s.namespace.name": match[1],
            "k8s.pod.name": match[2],
            "k8s.pod.uid": match[3],
            "k8s.container.name": match[4],
            "k8s.container.restart_count": match[5],
        }
    if (match := _CONTAINER.search(path)) is not None:
        return {
            "service": match[3],
            "k8s.namespace.name": match[2],
            "k8s.pod.name": match[1],
            "k8s.container.name": match[3],
            "container.id": match[4],
        }
    if (match := _DOCKER.search(path)) is not None:
        return {"service": match[1][:12], "container.id": match[1]}
    return {"service": PurePosixPath(path).name.partition(".")[0]}
