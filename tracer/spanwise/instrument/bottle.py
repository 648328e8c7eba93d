"""Bottle: every application is traced; it leaves the route in the environ by itself."""

from __future__ import annotations

from importlib import import_module

from spanwise.instrument.flask import traced_wsgi_call
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all Bottle applications, made before or after."""
    wrap(import_module("bottle").Bottle, "__call__", traced_wsgi_call)
