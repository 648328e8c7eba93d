"""An environment that holds the built wheels, what they declare to need, and nothing else; made without a network.

The wheels are installed as a user installs them. What they need is linked in, file by file, from the environment of
the tests, which was installed from the lock file: only what the wheels' own metadata asks for, and in turn that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
OURS = ("spanwise", "spanwise-collector")


def build(part: str, into: Path) -> None:
    """Build the sdist of a part, and the wheel from that sdist, as a release does."""
    tools = sysconfig.get_path("scripts")
    environment = os.environ | {"PATH": os.pathsep.join((tools, os.environ.get("PATH", "")))}
    command = ["uv", "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable]
    subprocess.run(
        [f"{tools}/{command[0]}", *command[1:], "--out-dir", str(into), str(ROOT / part)],
        env=environment,
        check=True,
    )


def environment(folder: Path, wheels: Iterable[Path]) -> Path:
    """Make the environment; the answer is the folder of its programs."""
    venv.EnvBuilder(with_pip=False).create(folder)
    programs = folder / "bin"
    command = [f"{sysconfig.get_path('scripts')}/uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*command, "--python", str(programs / "python"), *map(str, wheels)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for needed in _closure(list(distributions(path=[str(packages)]))):
        _link(needed, packages)
    return programs


def _closure(ours: list[Distribution]) -> list[Distribution]:
    """What these need on this machine, and what that needs in turn, without themselves."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    pending = [needed for each in ours for needed in _needed(each, frozenset())]
    while pending:
        name, extras = pending.pop()
        if name in OURS or (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        pending += _needed(found[name], extras)
    return list(found.values())


def _needed(each: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """What the metadata asks for on this machine, with these extras of its own."""
    for requirement in map(Requirement, each.requires or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield requirement.name.lower(), frozenset(requirement.extras)


def _link(needed: Distribution, packages: Path) -> None:
    for file in needed.files or ():
        # Programs lie outside of site-packages; the collector starts none.
        if ".." in file.parts:
            continue
        target = packages / file
        target.parent.mkdir(parents=True, exist_ok=True)
        source = Path(str(needed.locate_file(file)))
        if source.exists() and not target.exists():
            target.symlink_to(source)
