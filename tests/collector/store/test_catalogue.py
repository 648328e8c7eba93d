"""Keys and values in any number: the catalogue stays within its bounds, and what is asked for most stays in it."""

from __future__ import annotations

from dataclasses import replace

from fastapi.testclient import TestClient
from spanwise_collector.api import health_words
from spanwise_collector.store.catalogue import Catalogue
from spanwise_collector.store.tables import attributes
from sqlalchemy import func, select

from tests import factories
from tests.collector.inside import Inside
from tests.factories import span, trace_ids

_columns = attributes.c


def entries(collector: Inside, project: str) -> set[tuple[str, str]]:
    """Each key with each of its values."""
    query = select(_columns.key, _columns.value).where(_columns.project == project).distinct()
    return {(row.key, row.value) for row in collector.engine.look(query)}


def test_of_too_many_keys_and_values_the_rarest_are_forgotten_and_counted(collector: Inside) -> None:
    trace_id, other = trace_ids(2)
    # In every insert: a key with a value of its own, a key with 40 new values, and what people look for.
    for number in range(12):
        spans = [
            span(
                trace_id,
                40 * number + each + 1,
                attributes={"http.route": f"/{each % 4}", "bomb": f"v{number}-{each}", f"key{number}-{each}": "x"},
            )
            for each in range(40)
        ]
        collector.send("bombed", factories.traces(spans))
    collector.send("quiet", factories.traces([span(other, attributes={"rare": "value"})]))
    before, quiet = entries(collector, "bombed"), entries(collector, "quiet")
    assert len(before) > 12 * 80
    catalogue = Catalogue(collector.engine, most=300)
    catalogue.trim_project("bombed")
    after = entries(collector, "bombed")
    assert len(after) <= 240 < len(before)
    assert {("http.route", f"/{each}") for each in range(4)} | {("service", "shop"), ("service.name", "shop")} <= after
    assert catalogue.forgotten >= len(before) - 240
    assert entries(collector, "quiet") == quiet


def test_a_catalogue_within_its_bounds_stays_as_it_is(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("small", factories.traces([span(trace_id, attributes={"a": "b"})]))
    before = entries(collector, "small")
    catalogue = Catalogue(collector.engine, most=10_000)
    catalogue.trim_project("small")
    assert (entries(collector, "small"), catalogue.forgotten) == (before, 0)


def test_counts_of_what_is_kept_are_as_before(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    spans = [span(trace_id, n + 1, attributes={"often": "yes", "id": f"n{n}"}) for n in range(45)]
    collector.send("counted", factories.traces(spans))
    counted = select(func.sum(_columns.row_count).label("n")).where(
        _columns.project == "counted", _columns.key == "often"
    )
    before = collector.engine.look(counted)[0].n
    Catalogue(collector.engine, most=20).trim_project("counted")
    assert collector.engine.look(counted)[0].n == before == 45


def test_what_was_forgotten_is_said_in_health_and_metrics(collector: Inside) -> None:
    now = replace(collector.collector.vitals.health(), catalogue_forgotten=1234)
    recent = collector.collector.vitals.recent(5)
    assert (
        "Completion has forgotten the 1,234 rarest keys and values since the start, beyond catalogue_entries of a"
        " project: ids or free texts may stand where keys or names are expected."
    ) in health_words.sentences(now, recent)
    with TestClient(collector.collector.asgi, base_url="http://127.0.0.1") as client:
        assert client.get("/api/v1/health").json()["catalogue_forgotten"] == 0
        assert "\nspanwise_catalogue_forgotten_total 0.0\n" in client.get("/metrics").text
