"""A user's own type checker accepts correct use of the public API, and finds wrong use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.tracer.processes import BIN

HERE = Path(__file__).parent
WRONG = {
    "spanwise.init(5)": "reportArgumentType",
    "spanwise.init('api', smple=0.5)": "reportCallIssue",
    "spanwise.init('api', sample='much')": "reportArgumentType",
    "spanwise.flush('soon')": "reportArgumentType",
    "spanwise.trce": "reportAttributeAccessIssue",
    "spanwise.carry(3)": "reportArgumentType",
    "spanwise.span()": "reportCallIssue",
}


def pyright(file: Path, folder: Path) -> list[tuple[int, str]]:
    """Line and rule of everything that pyright's strict mode finds."""
    config = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": [str(file)], "extraPaths": []}
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    command = [str(BIN / "pyright"), "--project", str(folder), "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [(each["range"]["start"]["line"], each.get("rule", each["message"])) for each in found]


def test_pyright_is_content_with_right_use_and_finds_wrong_use(tmp_path: Path) -> None:
    right = tmp_path / "api.py"
    right.write_text((HERE / "api.py").read_text())
    assert pyright(right, tmp_path) == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import spanwise\n" + "\n".join(WRONG))
    assert set(enumerate(WRONG.values(), 1)) <= set(pyright(wrong, tmp_path))
