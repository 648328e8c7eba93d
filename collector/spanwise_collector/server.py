"""Serving one collector until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn

from spanwise_collector.app import Collector, running
from spanwise_collector.errors import SettingError
from spanwise_collector.receive.connection import bounded
from spanwise_collector.settings import Address, Settings

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Says when it answers, and leaves signals alone: uvicorn would raise them again before the store is closed."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers that have no end of their own would be waited for.
        self._ending()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings, announce: Callable[[Collector], None]) -> None:
    """Run a collector until SIGINT or SIGTERM; `announce` is called once it answers.

    Raises SettingError where the folder or an address cannot be used, StoreError where the store cannot.
    """
    stopping = _Stop(settings.stop_limit)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.ask)
    with contextlib.closing(_listen(settings.http)) as listener:
        async with running(settings) as collector:
            collector.http = Address(settings.http.host, listener.getsockname()[1])
            stopping.server = _Server(_config(collector), lambda: announce(collector), collector.feeds.close)
            if not stopping.asked:
                await stopping.server.serve(sockets=[listener])


class _Stop:
    """A wish to stop, from the first moment on; a second one does not wait for requests that run.

    What does not end within `limit` seconds is left: all that was acknowledged is synced, as if we were killed.
    """

    def __init__(self, limit: float) -> None:
        self.asked = False
        self.server: uvicorn.Server | None = None
        self._limit = limit

    def ask(self) -> None:
        if not self.asked:
            limit = threading.Timer(self._limit, self._leave)
            limit.daemon = True
            limit.start()
        if self.server is not None:
            self.server.should_exit = True
            self.server.force_exit = self.asked
        self.asked = True

    def _leave(self) -> None:
        busy = sorted(each.name for each in threading.enumerate() if each.name.startswith(("spanwise", "asyncio")))
        _log.warning(
            "Not all has ended within %g s (stop_limit); it is left as it is, and the next start goes on. Busy: %s.",
            self._limit,
            ", ".join(busy) or "nothing of ours",
        )
        sys.stderr.flush()
        os._exit(0)


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # Made for TCP by name: asyncio switches Nagle's algorithm off only for such.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise SettingError(
            f"--http: nobody can listen on {address}: {error.strerror}. Another collector may be running;"
            " choose another address with --http or SPANWISE_HTTP."
        ) from error
    return listener


def _config(collector: Collector) -> uvicorn.Config:
    settings = collector.settings
    return uvicorn.Config(
        collector.asgi,
        http=bounded(settings.read_timeout, collector.intake.counters.refuse_unknown),
        lifespan="off",
        log_config=None,
        # Its warnings are of what strangers send: that is counted, and no line of the log for each.
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.stop_timeout)),
    )
