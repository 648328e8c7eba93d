"""Generated tests have no time limit each: another machine, or this one under load, may be slow at any moment."""

from __future__ import annotations

import signal

from hypothesis import settings

# A shell has what it runs in the background ignore Ctrl-C, and every process that a test begins would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
