"""`python -m tests.contract.openapi` writes docs/openapi.json, from which the web view's types are made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.collector.process import process

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def rendered(document: dict[str, Any]) -> str:
    """The document as it is committed; it describes v1 of the API, whatever the version of the collector."""
    described = document | {"info": document["info"] | {"version": "v1"}}
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, process(Path(folder) / "data") as collector:
        DOCUMENT.write_text(rendered(collector.client.get("/openapi.json").json()), encoding="utf-8")
