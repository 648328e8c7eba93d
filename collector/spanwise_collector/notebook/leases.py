"""What one of several collectors does at a time: who holds it, and who takes it over when that one is gone."""

import time
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from spanwise_collector.notebook.database import Notebook
from spanwise_collector.notebook.tables import LeaseHeld


class Lease:
    """The right to do something that only one holder should do at a time, by name.

    It is renewed by asking for it. Who sees that another's was not renewed for `lasts` seconds, by its own clock, takes
    it over: clocks of different machines are never compared.
    """

    def __init__(
        self,
        notebook: Notebook,
        name: str,
        holder: str,
        lasts: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notebook = notebook
        self._name = name[:255]
        self._holder = holder
        self._lasts = lasts
        self._clock = clock
        self._mine = False
        self._others: tuple[str, int] | None = None
        self._seen = 0.0

    def held(self) -> bool:
        """Whether this holder has it, from now on. Raises NotebookError."""
        self._mine = self._taken()
        return self._mine

    def give_up(self) -> None:
        """Let another have it at once, where this holder has it. Raises NotebookError."""
        if not self._mine:
            return
        self._mine = False
        with self._notebook.page() as page:
            row = page.get(LeaseHeld, self._name, with_for_update=True)
            if row is not None and row.holder == self._holder:
                row.holder = ""

    def _taken(self) -> bool:
        with self._notebook.page() as page:
            row = page.get(LeaseHeld, self._name, with_for_update=True)
            if row is None:
                try:
                    with page.begin_nested():
                        page.add(LeaseHeld(name=self._name, holder=self._holder, beat=1))
                except IntegrityError:
                    # Another was first just now.
                    return False
                return True
            if row.holder not in ("", self._holder) and not self._is_over(row.holder, row.beat):
                return False
            row.holder, row.beat = self._holder, row.beat + 1
        self._others = None
        return True

    def _is_over(self, holder: str, beat: int) -> bool:
        now = self._clock()
        if self._others != (holder, beat):
            self._others, self._seen = (holder, beat), now
        return now - self._seen >= self._lasts
