"""Imported by Python itself at start under `spanwise run`: starts the tracer before the application."""

import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run_the_other_sitecustomize() -> None:
    """This module hides the environment's own `sitecustomize`, if there is one: run that too."""
    path = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_run_the_other_sitecustomize()

if os.environ.get("SPANWISE_AUTO"):
    try:
        import spanwise

        spanwise.init()
    except Exception as error:
        sys.stderr.write(f"spanwise: tracing could not start: {error}\n")
