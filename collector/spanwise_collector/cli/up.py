"""`spanwise up`: run the collector."""

import asyncio
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING

from spanwise_collector.cli.terminal import colours
from spanwise_collector.errors import NotebookError, SettingError, StoreError
from spanwise_collector.settings import Settings

if TYPE_CHECKING:
    from spanwise_collector.app import Collector

OK, FAILED, USAGE = 0, 1, 2


def up(argv: list[str]) -> int:
    """Run the collector until Ctrl-C or SIGTERM; 0 after a clean stop, 1 when it cannot run, 2 for wrong settings."""
    try:
        settings = Settings.load(argv)
    except SettingError as error:
        return _fail(error, USAGE)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Until the server listens for it, SIGTERM ends the start as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The engine and its driver load pyarrow where it is installed, for answers in a form that we never ask for: 36 MB.
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # what Python documents for a module that is not to be had
    # What is made until the collector answers stays until it ends. To look through it for garbage again and again takes
    # a fourth of the imports' time, and afterwards would hold up all requests for a tenth of a second now and then.
    gc.disable()
    try:
        import uvloop

        from spanwise_collector.server import serve

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, _ready))
    except (SettingError, NotebookError, StoreError) as error:
        return _fail(error, FAILED)
    except KeyboardInterrupt:
        pass
    print("Spanwise has stopped.", file=sys.stderr)
    return OK


def _fail(error: Exception, code: int) -> int:
    print(f"spanwise up: {error}", file=sys.stderr)
    return code


def _ready(collector: "Collector") -> None:
    gc.freeze()
    gc.enable()
    _announce(collector)


def _announce(collector: "Collector") -> None:
    bold, dim, plain = ("\033[1m", "\033[2m", "\033[0m") if colours() else ("", "", "")
    usual = str(collector.http) == str(Settings.model_fields["http"].default)
    endpoint = "" if usual else f"SPANWISE_ENDPOINT=http://{collector.http} "
    print(
        f"""{bold}Spanwise{plain} is ready.

  Web view   {bold}http://{collector.http}{plain}
  Send to    http://{collector.http} {dim}(OTLP/HTTP){plain}, {collector.grpc} {dim}(OTLP/gRPC){plain}
  Data       {collector.settings.data.absolute()}

Send the first trace, from any Python web service that has spanwise installed:

  {endpoint}spanwise run --service api uvicorn main:app

or in code: {bold}import spanwise; spanwise.init("api"){plain}. Stop with Ctrl-C.""",
        flush=True,
    )
