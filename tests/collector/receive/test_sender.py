"""The address that a request comes from, as it is counted."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from spanwise_collector.receive.sender import Named, sender


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("10.0.0.1", 5), "10.0.0.1"),
        (("2001:DB8::1", 5), "2001:db8::1"),
        (("<b>evil", 0), ""),
        (("x" * 50_000, 0), ""),
        (None, ""),
    ],
)
def test_only_an_address_is_one(client: Any, expected: str) -> None:
    """A program on the same machine may say to be a proxy, and name anything as its client (X-Forwarded-For)."""
    seen: list[str] = []

    async def app(*_: object) -> None:
        seen.append(sender.get())

    asyncio.run(Named(cast("Any", app))({"type": "http", "client": client}, cast("Any", None), cast("Any", None)))
    assert seen == [expected]
