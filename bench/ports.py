"""Ports for the servers that are measured and tested."""

from __future__ import annotations

import random
import socket
from typing import Final

HOST: Final = "127.0.0.1"
# Below the ports of outgoing connections, one of which could take a server's between two of its lives.
_LOWEST: Final = 15_000
_HIGHEST: Final = 32_000


def free_port() -> int:
    """A port that nobody listens on at the moment; not of the seeded draws, so that runs beside each other differ."""
    draws = random.SystemRandom()
    while True:
        port = draws.randint(_LOWEST, _HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
