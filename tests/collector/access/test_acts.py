"""What was done with the rights of an admin: shown to admins of the project, the newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.collector.access.conftest import Guarded


def pages(guarded: Guarded, key: str, limit: int) -> Iterator[dict[str, Any]]:
    query = {"limit": limit}
    while True:
        answer = guarded.ask("GET", "/api/v1/acts", key, params=query)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        if answer.json()["next_cursor"] is None:
            return
        query["cursor"] = answer.json()["next_cursor"]


def test_acts_of_the_own_project_are_walked_to_the_end_and_say_who_did_what(guarded: Guarded) -> None:
    for name in ("one", "two", "three"):
        made = guarded.ask("POST", "/api/v1/keys", "stranger", json={"scopes": ["read"], "name": name})
        assert guarded.ask("DELETE", f"/api/v1/keys/{made.json()['id']}", "stranger").status_code == 200
    walked = list(pages(guarded, "stranger", 2))
    (whole,) = pages(guarded, "stranger", 1000)
    found = [each for page in walked for each in page["acts"]]
    me = f"key {guarded.keys['stranger'][4:12]}"
    assert [(each["actor"], each["act"], each["subject"].partition(" ")[2]) for each in found] == [
        *[
            (me, act, of)
            for name in ("three", "two", "one")
            for act, of in (("revoke key", ""), ("create key", f"(read) {name}"))
        ],
        ("terminal", "create key", "(admin,ingest,read)"),
    ]
    assert found == whole["acts"]
    assert [each["time_unix_nano"] for each in found] == sorted(
        (each["time_unix_nano"] for each in found), reverse=True
    )
    assert [(page["returned"], page["total"], page["reason"]) for page in walked] == [
        *[(2, 7, "limit")] * 3,
        (1, 7, "end"),
    ]


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("ingest", 403), ("read", 403), ("sender", 403), ("b", 200)])
def test_acts_are_for_admins(guarded: Guarded, key: str | None, status: int) -> None:
    assert guarded.ask("GET", "/api/v1/acts", key).status_code == status


def test_nobody_sees_the_acts_of_another_project(guarded: Guarded) -> None:
    (found,) = pages(guarded, "b", 1000)
    assert [each for each in found["acts"] if guarded.keys["stranger"][4:12] in each["subject"] + each["actor"]] == []


@pytest.mark.parametrize("wrong", [{"limit": "0"}, {"limit": "1001"}, {"cursor": "x"}, {"project": "b"}])
def test_a_wrong_parameter_is_named(guarded: Guarded, wrong: dict[str, str]) -> None:
    answer = guarded.ask("GET", "/api/v1/acts", "b", params=wrong)
    assert (answer.status_code in (400, 422), answer.json()["error"]["parameter"]) == (True, *wrong)
