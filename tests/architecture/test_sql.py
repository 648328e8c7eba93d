"""Values reach SQL as parameters, never as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import source

# Where the engine takes no parameters, and what makes the text safe.
REASONS = {
    "spanwise_collector/store/embedded.py": "FROM INFILE and SETTINGS take literals only; these are the spool's own",
    "spanwise_collector/store/layout.py": "the making of tables takes literals only: our own, and the settings' quoted",
    "spanwise_collector/store/migration.py": "only statements of our own `.sql` files, in another form",
    "spanwise_collector/store/erasure.py": "mutations take no table as a parameter: our names; values are bound",
    "spanwise_collector/store/snapshot.py": "FREEZE takes literals only: names of our own tables",
    "spanwise_collector/store/soundness.py": "CHECK takes no table as a parameter: our own names; parts are bound",
    "spanwise_collector/store/server.py": "the making of a database takes a name only: the settings' own, quoted",
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
