"""What is installed is locked, by hash, and from no particular address."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.installed import OURS, ROOT

LOCK_FILES = ("requirements/collector.txt", "requirements/dev.txt", "examples/shop/requirements.txt")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==[^ ]+(?: ; .+)? \\$")


def locked(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {str(canonicalize_name(match[1])) for line in lines if (match := PINNED.match(line))}


def wanted(*lists: list[str]) -> set[str]:
    """The names in lists of requirements, without our own."""
    return {str(canonicalize_name(Requirement(line).name)) for lines in lists for line in lines} - set(OURS)


def manifest(folder: str) -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))
    return content


def dependencies(folder: str) -> list[str]:
    return manifest(folder)["project"]["dependencies"]


def test_what_the_parts_declare_is_locked() -> None:
    development = manifest(".")["dependency-groups"]["dev"]
    runtime = wanted(dependencies("tracer"), dependencies("collector"))
    assert runtime - locked("requirements/collector.txt") == set()
    assert (runtime | wanted(development)) - locked("requirements/dev.txt") == set()


@pytest.mark.parametrize("file", LOCK_FILES)
def test_every_line_is_a_pinned_version_a_hash_or_a_comment(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    known = re.compile(PINNED.pattern + r"|^    --hash=sha256:[0-9a-f]{64}(?: \\)?$|^ *#")
    assert [line for line in lines if line.strip() and not known.match(line)] == []


@pytest.mark.parametrize("file", LOCK_FILES)
def test_a_lock_file_names_no_address(file: str) -> None:
    assert re.findall(r"\w+://\S+|--(?:extra-)?index\S*|--find-links\S*", Path(ROOT / file).read_text("utf-8")) == []


def test_the_web_views_lock_file_names_no_address_and_hashes_everything() -> None:
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text("utf-8"))["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in installed.items() if "resolved" in entry or "integrity" not in entry] == []
