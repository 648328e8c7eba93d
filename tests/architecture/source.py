"""The source of the project as data: what the rules of this folder are checked against."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (ROOT / "tracer" / "spanwise", ROOT / "collector" / "spanwise_collector")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A function or a module and how many lines it has."""

    lines: int
    name: str


def modules(package: Path) -> list[Path]:
    """Every Python file of a package."""
    return sorted(package.rglob("*.py"))


def module_lengths(package: Path) -> list[Part]:
    """Every module, the longest last."""
    return sorted(Part(len(_text(file).splitlines()), _name(file, package)) for file in modules(package))


def function_lengths(package: Path) -> list[Part]:
    """Every function and method, the longest last; decorators count."""
    return sorted(
        Part(_lines(node), f"{_name(file, package)}:{node.name}")
        for file in modules(package)
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def assembled_sql(package: Path) -> list[str]:
    """Where a value is put into SQL as text, which invites injection: f-strings, `%`, `format` and `+`."""
    return [
        f"{_name(file, package)}:{node.lineno}"
        for file in modules(package)
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.expr) and _assembles_sql(node)
    ]


def _assembles_sql(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values=values):
            return len(values) > 1 and any(_is_sql(value) for value in values)
        case ast.BinOp(left=left, op=ast.Mod() | ast.Add()):
            return _is_sql(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
            return _is_sql(value)
    return False


_VERBS = (
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "UPDATE ",
    "ALTER TABLE ",
    "CREATE ",
    "DROP ",
    "OPTIMIZE ",
)


def _is_sql(node: ast.expr) -> bool:
    """Whether this is text that opens a statement. Prose says `select`, not `SELECT`."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lstrip().startswith(_VERBS)


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or first) - first + 1


def _name(file: Path, package: Path) -> str:
    return file.relative_to(package.parent).as_posix()


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def packaged_files() -> Iterator[Path]:
    """Every source file that reaches a user: of both packages and of the web view."""
    for package in PACKAGES:
        yield from modules(package)
    yield from (file for file in sorted((ROOT / "ui" / "src").rglob("*")) if file.is_file())
