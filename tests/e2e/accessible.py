"""What axe finds wrong with a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = "async () => (await axe.run()).violations.map((each) => [each.id, each.nodes.map((node) => node.html)])"


def violations(page: Page) -> Any:
    """Rules that the page breaks, each with the elements that break it."""
    # Evaluated, not added as a script: the policy of the page allows none that is not its own.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN)
