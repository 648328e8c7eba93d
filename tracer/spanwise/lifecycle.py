"""The ends of a process: normal exit, SIGTERM and the children of `multiprocessing`, all of which flush."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, ModuleType

from spanwise.instrument.hooks import when_imported

Flush = Callable[[], object]


def watch_exits(shutdown: Flush, flush: Flush, *, sigterm: bool = True) -> None:
    """Call `shutdown` at exit, and `flush` where the process may end without exit handlers."""
    atexit.register(shutdown)
    # billiard is Celery's own multiprocessing, with the same registries.
    for name in ("multiprocessing.util", "billiard.util"):
        when_imported(name, lambda module: _watch_children(module, flush))
    if sigterm:
        _watch_sigterm(flush)


def _watch_sigterm(flush: Flush) -> None:
    """Flush before SIGTERM ends the process; only where the application leaves that signal alone.

    The process still dies of the signal itself, so that whoever waits for it sees the same status.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def terminate(signum: int, _frame: FrameType | None) -> None:
        try:
            flush()
        finally:
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)

    signal.signal(signal.SIGTERM, terminate)


def _watch_children(util: ModuleType, flush: Flush) -> None:
    """Children of `multiprocessing` run its finalizers and no exit handlers; they forget the parent's."""

    def in_child(_key: object) -> None:
        util.Finalize(None, flush, exitpriority=0)

    if util.__name__ == "multiprocessing.util" and _is_child():
        # A child of a fork server is set up in its own code, after the hooks of forks have run.
        in_child(None)
    # The registry holds its keys weakly: the function itself is the key, and is kept by the module.
    _kept.append(in_child)
    util.register_after_fork(in_child, in_child)


_kept: list[object] = []


def _is_child() -> bool:
    from multiprocessing.process import parent_process

    return parent_process() is not None
