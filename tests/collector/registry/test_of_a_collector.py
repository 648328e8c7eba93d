"""A running collector reads the registries of its settings, again and again, and shows nodes beside them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests import factories
from tests.collector.process import eventually, process
from tests.factories import span, trace_ids


def test_who_is_registered_and_silent_is_shown_and_a_changed_registry_is_read_again(tmp_path: Path) -> None:
    listed = tmp_path / "nodes.toml"
    listed.write_text('[services]\nshop = ["shop-1", "shop-2"]\n')
    flags = ("--registry", f"file:{listed}", "--registry", "consul://127.0.0.1:9", "--registry-interval", "1s")
    with process(tmp_path / "data", *flags) as collector:
        (trace_id,) = trace_ids(1)
        now = time.time_ns()
        sent = span(trace_id, start_time_unix_nano=now, end_time_unix_nano=now + 1)
        request = factories.traces([sent], "shop", **{"service.instance.id": "shop-1"})
        assert collector.post("/v1/traces", request.SerializeToString()).is_success
        collector.settle()

        def states() -> dict[str, Any]:
            return {each["instance"]: each["state"] for each in collector.get("/nodes")["nodes"]}

        both = {"shop-1": "ok", "shop-2": "registered, silent"}
        assert eventually(states, lambda found: found == both) == both
        listed.write_text('[services]\nshop = ["shop-3"]\nstock = ["stock-1"]\n')
        changed = {"stock-1": "registered, silent", "shop-1": "ok"}
        # One node and one entry without a name in common: of shop nothing is concluded.
        assert eventually(states, lambda found: found == changed) == changed
        found = collector.get("/nodes")
        assert found["other_names"] == ["shop"]
        (file, consul) = found["registries"]
        assert (file["name"], file["entries"], file["error"]) == (f"file:{listed}", 2, None)
        assert (consul["name"], consul["read_unix_nano"]) == ("consul://127.0.0.1:9", None)
        assert "refused" in consul["error"]
        code, said = collector.stop()
    assert code == 0
    assert said.count("The registry consul://127.0.0.1:9 cannot be read") == 1
