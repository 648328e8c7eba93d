"""Run one service in this process; its parent is a `node`."""

from __future__ import annotations

import importlib
import logging
import sys

from examples.shop.stage import Stage


def main() -> None:
    """Run the service that the command line names."""
    service = sys.argv[1]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Neighbours' calls are in the traces; a log line for each would only repeat them.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    importlib.import_module(f"examples.shop.services.{service}").main(Stage.from_environment(service))


main()
