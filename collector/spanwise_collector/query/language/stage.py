"""What is being typed behind the pipe of a query: `| group service | count, p95(duration) every 1m`."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from spanwise_collector.query.language.pipeline import LISTED

_PART: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s,("]+|.', re.DOTALL)
MEASURES: Final = tuple(re.sub(r"key\)$", "", each) for each in LISTED)
"""As they are typed: those of a key up to it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What `typed`, which the cursor follows, is the beginning of: any word of these, or else a key or a length."""

    typed: str
    words: tuple[str, ...] = ()
    what: Literal["word", "key", "length"] = "word"


def stage_of(written: str, group: bool) -> Stage:
    """What stands at the end of a stage; `group` says whether it may be of keys, as the first of a query is."""
    last = (_PART.findall(written) or [""])[-1]
    typed = "" if last.isspace() or last in ",(" else last
    before = written[: len(written) - len(typed)].strip()
    if re.search(r"(?:^|[\s)])every$", before):
        return Stage(typed, what="length")
    if re.match(r"group\b", before):
        enough = before != "group" and not before.endswith(",")
        return Stage(typed, ("every",)) if enough else Stage(typed, what="key")
    if before.endswith("("):
        return Stage(typed, what="key")
    if not before:
        return Stage(typed, ("group", *MEASURES) if group else MEASURES)
    return Stage(typed, MEASURES if before.endswith(",") else ("every",))
