"""The tables and views: made from the `.sql` files beside this module, in the order of their numbers."""

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

from spanwise_collector.model.severity import SPELLINGS
from spanwise_collector.store.layout import Layout, quoted

_ONE_PLACE = Layout()
# A table of which each shard of a cluster has a piece.
_PIECE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)_local\b")

_ONEOF = (
    "Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,"
    " 'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7)"
)
_SCALARS = f"value {_ONEOF}, string_value String, bool_value Bool, int_value Int64, double_value Float64"
_ITEM = f"Tuple({_SCALARS}, array_value String, kvlist_value String, bytes_value String)"
_VALUE = (
    f"Tuple({_SCALARS}, array_value Tuple(values Array({_ITEM})),"
    f" kvlist_value Tuple(values Array(Tuple(key String, value {_ITEM}))), bytes_value String)"
)

_NAMES = {
    "value": _VALUE,
    "severity_words": f"[{', '.join(map(quoted, SPELLINGS))}]",
    "severity_numbers": f"{list(SPELLINGS.values())}",
    "attributes": f"Array(Tuple(key String, value {_VALUE}))",
    # Fsync before an insert is answered, since the spool deletes its copy then; remember the names of loaded
    # segments, so that one inserted again after a crash counts once.
    "durable": (
        "fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,"
        " non_replicated_deduplication_window = 10000,"
        # A segment as one file instead of one a column: an insert costs a fifth less, most of it in fsync.
        " min_bytes_for_wide_part = 134217728,"
        # Merge more parts at a time, and so each row less often: inserts and merges together cost a seventh less.
        " merge_selector_base = 12"
    ),
}


def statements(layout: Layout = _ONE_PLACE) -> Iterator[str]:
    """Every statement of the schema, in order, ready to run; each may be run again."""
    folder = files(__package__) / "schema"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            for statement in split(file.read_text("utf-8"), layout):
                yield statement
                piece = _PIECE.match(statement)
                if layout.cluster and piece is not None:
                    yield layout.over_all(piece[1])


def create(run: Callable[[str], object], layout: Layout = _ONE_PLACE) -> None:
    """Make what is missing, by handing each statement to `run`."""
    for statement in statements(layout):
        run(statement)


def wire_format() -> Path:
    """`otlp.proto`, as a file of this installation: how the engine reads a segment."""
    return Path(str(files(__package__) / "schema" / "otlp.proto"))


def wire_text() -> str:
    """`otlp.proto` without its comments, for an engine that cannot see our files."""
    return "\n".join(_code(wire_format().read_text("utf-8"), "//"))


def split(text: str, layout: Layout = _ONE_PLACE) -> Iterator[str]:
    """The statements of a `.sql` file, without its comments and with our `$names` filled in."""
    names = _NAMES | layout.names()
    names["durable"] += layout.remembered
    text = Template(text).substitute(names)
    for statement in "\n".join(_code(text, "--")).split(";\n"):
        if statement.strip():
            yield statement.strip().rstrip(";")


def _code(text: str, comment: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.lstrip().startswith(comment))
