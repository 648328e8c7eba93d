"""Values reach SQL as parameters, never as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import source

# Where the engine takes no parameters, and what makes the text safe.
REASONS = {
    "spanwise_collector/store/loader.py": "FROM INFILE and SETTINGS take literals only; these are the spool's own",
    "spanwise_collector/store/retention.py": "DROP PARTITION takes literals only: our own tables and a number",
}


@pytest.mark.parametrize("package", source.PACKAGES, ids=lambda package: str(package.name))
def test_no_sql_is_put_together_from_text(package: Path) -> None:
    places = source.assembled_sql(package)
    assert [place for place in places if place.rpartition(":")[0] not in REASONS] == []


def test_the_lint_sees_every_way_to_do_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "query.py").write_text(
        'a = f"SELECT * FROM spans WHERE name = {name}"\n'
        'b = "DELETE FROM spans WHERE name = " + name\n'
        'c = "ALTER TABLE %s DROP COLUMN x" % name\n'
        'd = "INSERT INTO {} VALUES".format(name)\n'
        'e = f"Could not SELECT {name}"\n'
        'f = "SELECT * FROM spans WHERE name = :name"\n'
    )
    assert source.assembled_sql(package) == [f"package/query.py:{line}" for line in (1, 2, 3, 4)]
