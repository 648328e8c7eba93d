"""Hooks run when a module and the packages around it are complete, however they were imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = {
    "__init__.py": "from shop import orders\nfrom shop.orders import deep\nLATE = 1\n",
    "orders/__init__.py": "from shop.orders import deep\nLATE = 2\n",
    "orders/deep.py": "LATE = 3\n",
}
CODE = """
from spanwise.instrument.hooks import when_imported
def hook(module):
    import shop, shop.orders, shop.orders.deep
    print(module.__name__, shop.LATE, shop.orders.LATE, shop.orders.deep.LATE)
{before}
for name in ("shop.orders.deep", "shop.orders", "shop"):
    when_imported(name, hook)
{after}
import shop
"""


@pytest.mark.parametrize("statement", ["import shop", "import shop.orders.deep", "from shop.orders import deep"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hook_sees_whole_packages(statement: str, when: str, tmp_path: Path) -> None:
    for name, text in PACKAGE.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    code = CODE.format(**{"before": "", "after": "", when: statement})
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stderr, sorted(done.stdout.splitlines())) == (
        "",
        ["shop 1 2 3", "shop.orders 1 2 3", "shop.orders.deep 1 2 3"],
    )
