"""Every route of the document, asked what nobody would ask: no 5xx, and each answer is what the document says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cache
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import factories
from tests.collector.process import Process, process
from tests.contract.openapi import DOCUMENT
from tests.factories import span, trace_ids
from tests.generated import seed

# Of each route, as its document says and against it.
EXAMPLES = int(os.environ.get("SPANWISE_EXAMPLES", "4"))
LONGEST = 3000
SCHEMA = schemathesis.openapi.from_path(str(DOCUMENT))
DOCUMENTED = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
ASKED = sorted(
    path
    for path, operations in DOCUMENTED.items()
    if "get" in operations and path.startswith("/api/v1/") and "tail" not in path
)
WRITTEN = sorted(
    (path, method)
    for path, operations in DOCUMENTED.items()
    for method in operations
    if method != "get" and path.startswith("/api/v1/")
)
CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))


@MODES
@pytest.mark.parametrize("path", ASKED)
def test_a_route_answers_anything_as_its_document_says(service: Process, path: str, mode: GenerationMode) -> None:
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id, 1)]).SerializeToString())
    ask(service, path, "GET", mode)


@MODES
@pytest.mark.parametrize(("path", "method"), WRITTEN)
def test_a_route_that_changes_something_answers_anything_as_its_document_says(
    changed: Callable[[str], Process], path: str, method: str, mode: GenerationMode
) -> None:
    # From the first key on everything asks for one.
    ask(changed("keys" if path.startswith("/api/v1/keys") else "all else"), path, method.upper(), mode)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Process]]:
    """Collectors whose data may be deleted, each by a name."""
    with ExitStack() as running:

        @cache
        def made(name: str) -> Process:
            collector = running.enter_context(process(tmp_path_factory.mktemp(name.replace(" ", "-")) / "data"))
            (trace_id,) = trace_ids(1)
            collector.post("/v1/traces", factories.traces([span(trace_id)]).SerializeToString())
            return collector

        yield made


def ask(service: Process, path: str, method: str, mode: GenerationMode) -> None:
    """Send what hypothesis makes of the document: as it says, or against it."""

    @hypothesis.seed(seed())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(SCHEMA[path][method].as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case[Any]) -> None:
        # The server refuses longer ones before anything of ours sees them.
        hypothesis.assume(len(repr((case.query, case.path_parameters, case.headers))) < LONGEST)
        case.call_and_validate(base_url=f"http://{service.http}", checks=CHECKS)

    # What takes nothing cannot be asked wrongly.
    with suppress(Unsatisfiable):
        send()
