"""Post-import hooks: run a function when a module is imported, or at once when it already was."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType

from spanwise.guard import swallowed

Hook = Callable[[ModuleType], None]


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the others find a module, and wraps its loader where a hook waits for it."""

    def __init__(self) -> None:
        self.hooks: dict[str, list[Hook]] = {}
        self._finding = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.hooks or getattr(self._finding, "name", None) == fullname:
            return None
        self._finding.name = fullname
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._finding.name = None
        if spec is not None and isinstance(spec.loader, importlib.abc.Loader):
            spec.loader = _Loader(spec.loader, self)
        return spec


class _Loader(importlib.abc.Loader):
    """Loads as the real loader does, then runs the hooks; leaves the real loader behind in the module."""

    def __init__(self, loader: importlib.abc.Loader, finder: _Finder) -> None:
        self._loader = loader
        self._finder = finder

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        hooks = self._finder.hooks.pop(module.__name__, [])
        # Imported by a package that is not complete yet: what is patched there may not exist before it is.
        package = module.__name__.rpartition(".")[0]
        while package:
            if package in self._finder.hooks and _is_loading(package):
                self._finder.hooks[package] += [partial(_late, hook, module) for hook in hooks]
                return
            package = package.rpartition(".")[0]
        _run(hooks, module)


def _late(hook: Hook, module: ModuleType, _package: ModuleType) -> None:
    hook(module)


def _is_loading(name: str) -> bool:
    module = sys.modules.get(name)
    return module is not None and bool(getattr(module.__spec__, "_initializing", False))


def _run(hooks: list[Hook], module: ModuleType) -> None:
    for hook in hooks:
        try:
            hook(module)
        except Exception:
            swallowed(f"instrumenting {module.__name__}")


_finder = _Finder()


def when_imported(name: str, hook: Hook) -> None:
    """Run the hook with the module after it and the packages around it were imported; at once when they are there."""
    module = sys.modules.get(name)
    if module is not None and not _is_loading(name):
        _run([hook], module)
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.hooks.setdefault(name, []).append(hook)
    package = name.rpartition(".")[0]
    while package and package not in sys.modules:
        _finder.hooks.setdefault(package, [])
        package = package.rpartition(".")[0]
