"""Whatever holds telemetry is within the reach of retention and of deletions."""

from __future__ import annotations

import re

from spanwise_collector.store import erasure, retention, schema


def test_every_table_that_holds_data_is_dropped_by_day_and_deleted_from() -> None:
    made = [re.match(r"CREATE TABLE IF NOT EXISTS (\w+)", each) for each in schema.statements() if "MergeTree" in each]
    holding = {found[1] for found in made if found is not None}
    assert set(retention.TABLES) == holding, "retention.TABLES names every table that holds data"
    assert {*erasure.ROWS, *erasure.SUMS} == holding, "erasure.ROWS and SUMS name every table that holds data"
