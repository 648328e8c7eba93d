"""The API is what its document says."""

from __future__ import annotations

from typing import Any

from tests.collector.process import Process
from tests.contract.openapi import DOCUMENT, rendered


def document(service: Process) -> dict[str, Any]:
    found: dict[str, Any] = service.client.get("/openapi.json").json()
    return found


def test_the_committed_document_is_that_of_this_collector(service: Process) -> None:
    """`python -m tests.contract.openapi` writes it anew, then `npm run types` in ui/."""
    assert DOCUMENT.read_text("utf-8") == rendered(document(service))


def test_every_reference_of_the_document_leads_somewhere(service: Process) -> None:
    whole = document(service)

    def references(part: Any) -> set[str]:
        if isinstance(part, list):
            return {each for item in part for each in references(item)}
        if not isinstance(part, dict):
            return set()
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own | {each for item in part.values() for each in references(item)}

    known = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert whole["openapi"].startswith("3.1")
    assert references(whole) == known - _not_referred_to(whole, references(whole), known)


def _not_referred_to(whole: dict[str, Any], referred: set[str], known: set[str]) -> set[str]:
    # FastAPI describes its own form of a 422 in every document; here none has it.
    return {f"#/components/schemas/{name}" for name in ("HTTPValidationError", "ValidationError")} & (known - referred)


def test_every_route_of_the_api_describes_its_failures_in_the_one_shape(service: Process) -> None:
    shapes = {
        (path, method, code): answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path, operations in document(service)["paths"].items()
        if path.startswith("/api/v1/")
        for method, operation in operations.items()
        for code, answer in operation["responses"].items()
        if not code.startswith("2")
    }
    assert {code for path, _, code in shapes if path == "/api/v1/traces/{trace_id}"} == {"400", "404", "422", "503"}
    assert set(shapes.values()) == {"ErrorAnswer"}
