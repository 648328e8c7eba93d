"""Generated tests have no time limit each: another machine, or this one under load, may be slow at any moment."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
