"""Every route of the document, asked what nobody would ask: no 5xx, and each answer is what the document says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import factories
from tests.collector.process import Process
from tests.contract.openapi import DOCUMENT
from tests.factories import span, trace_ids
from tests.generated import seed

EXAMPLES = int(os.environ.get("SPANWISE_EXAMPLES", "6"))
SCHEMA = schemathesis.openapi.from_path(str(DOCUMENT))
# Only what asks: telemetry in is test_generated's, and a backup or a deletion is no question.
ASKED = sorted(
    path
    for path, operations in json.loads(DOCUMENT.read_text("utf-8"))["paths"].items()
    if "get" in operations and path.startswith("/api/v1/") and "tail" not in path
)
CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("path", ASKED)
def test_a_route_answers_anything_as_its_document_says(service: Process, path: str) -> None:
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id, 1)]).SerializeToString())
    operation = SCHEMA[path]["GET"]

    @hypothesis.seed(seed())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=f"http://{service.http}", checks=CHECKS)

    ask()
