"""The catalogue of keys and values, kept within bounds: of a project with too many the rarest are forgotten.

A sender that puts ids into keys or values would else make completion as large as what it completes.
"""

from contextlib import closing
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from sqlalchemy import func, select

from spanwise_collector.store.engine import Engine, failure
from spanwise_collector.store.tables import attributes

_columns: Final = attributes.c
_ENTRY: Final = (_columns.signal, _columns.scope, _columns.key, _columns.type, _columns.kept, _columns.value)
# Less than may be, so that not every new value costs a rewriting.
_LEFT: Final = 0.8


@dataclass(slots=True)
class Catalogue:
    """The catalogue of a store: `most` entries of each project are kept, and `forgotten` counts those that were not.

    An entry is a value of a key, or all of its values that are not kept, however many days they were seen on.
    """

    engine: Engine
    most: int
    forgotten: int = field(default=0)

    def trim(self) -> None:
        """Forget what is too much; raises StoreError. Of a cluster nothing is forgotten: a shard knows no ranking."""
        if self.engine.layout.cluster:
            return
        # There are at least as many rows as entries, and to count them reads one column.
        many = select(_columns.project).group_by(_columns.project).having(func.count() > self.most)
        for row in self.engine.look(many):
            self.trim_project(row.project)

    def trim_project(self, project: str) -> None:
        """The same for one project."""
        count = select(func.uniqExact(*_ENTRY).label("entries")).where(_columns.project == project)
        entries, left = int(self.engine.look(count)[0].entries), int(self.most * _LEFT)
        if entries <= self.most:
            return
        statement = files("spanwise_collector.store").joinpath("catalogue_trim.sql").read_text("utf-8")
        try:
            with closing(self.engine.commander()) as client:
                client.command(statement, {"project": project, "left": left})
        except Exception as error:
            raise failure(str(error)) from error
        self.forgotten += entries - left
