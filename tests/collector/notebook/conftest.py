from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from spanwise_collector.notebook import Notebook
from sqlalchemy import create_engine, make_url, text

from tests.collector.notebook import postgresql


@dataclass
class Place:
    """An empty database: `open` opens the notebook that it holds, as often as one likes."""

    folder: Path
    url: str = ""
    opened: list[Notebook] = field(default_factory=list)

    def open(self) -> Notebook:
        self.opened.append(Notebook.open(self.folder, self.url))
        return self.opened[-1]


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Makes an empty PostgreSQL database and gives its URL."""
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: `make services`, or on Debian apt-get install postgresql")
    numbers = itertools.count(1)
    with postgresql.server(programs) as url:
        root = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")

        def make() -> str:
            name = f"notebook{next(numbers)}"
            with root.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return make_url(url).set(database=name).render_as_string(hide_password=False)

        yield make
        root.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database of each kind."""
    sqlite = request.param == "sqlite"
    made = Place(tmp_path, "" if sqlite else request.getfixturevalue("new_database")())
    yield made
    for notebook in made.opened:
        notebook.close()


@pytest.fixture
def notebook(place: Place) -> Notebook:
    return place.open()
