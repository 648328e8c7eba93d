"""The direction of imports: the rules of the root's pyproject.toml are run, and each is proved to bite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture import source


@dataclass(frozen=True)
class Fault:
    """A line in a new module that some rule forbids, and the beginning of that rule's name."""

    module: str
    line: str
    rule: str


FAULTS = {
    "tracer knows collector": Fault(
        "spanwise/fault.py", "import spanwise_collector.errors", "The wire is the only contract"
    ),
    "collector knows tracer": Fault(
        "spanwise_collector/receive/fault.py", "import spanwise.cli", "The wire is the only contract"
    ),
    "upwards": Fault("spanwise_collector/model/fault.py", "import spanwise_collector.store", "The collector's layers"),
    "between neighbours": Fault(
        "spanwise_collector/store/fault.py", "import spanwise_collector.spool", "The collector's layers"
    ),
    "a module without a layer": Fault("spanwise_collector/stray.py", "import json", "The collector's layers"),
    "pydantic in the model": Fault("spanwise_collector/model/fault.py", "import pydantic", "What is computed"),
    "the driver in a query": Fault("spanwise_collector/query/fault.py", "import chdb", "Only the store"),
    "grpc over HTTP": Fault("spanwise_collector/receive/fault.py", "import grpc", "Only the gRPC receiver"),
    "fastapi in the spool": Fault("spanwise_collector/spool/fault.py", "import fastapi", "Only the edge"),
}


def lint(folder: Path, python_path: list[Path]) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, python_path)), "COLUMNS": "200"}
    config = ["--config", str(source.ROOT / "pyproject.toml")]
    return subprocess.run([*command, *config], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Both packages, apart from the tree."""
    for package in source.PACKAGES:
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("static", "__pycache__"))
    return tmp_path


def test_every_import_follows_the_rules() -> None:
    result = lint(source.ROOT, [package.parent for package in source.PACKAGES])
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_forbidden_import_is_reported(copy: Path, fault: Fault) -> None:
    module = copy / fault.module
    module.parent.mkdir(exist_ok=True)
    (module.parent / "__init__.py").touch()
    module.write_text(f"{fault.line}\n")
    result = lint(copy, [copy])
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert result.returncode == 1, result.stdout
    assert any(line.startswith(fault.rule) for line in broken), result.stdout
