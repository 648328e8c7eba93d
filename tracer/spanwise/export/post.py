"""Which sender carries a signal: HTTP, or gRPC where the settings say so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from spanwise.export.proxy import proxy_for
from spanwise.export.sender import Sender, Verdict
from spanwise.settings import GRPC, Settings


class Carrier(Protocol):
    """What takes one body after another to the collector; for one thread only."""

    endpoint: str

    def post(self, body: bytes, deadline: float) -> Verdict:
        """Send one body; `deadline` is of the monotonic clock. Never raises."""

    def close(self) -> None:
        """Close the connection, if any; the next call opens a new one."""


NewCarrier = Callable[[], Carrier]


def post_office(settings: Settings) -> tuple[NewCarrier, NewCarrier]:
    """What makes the senders of spans and of log records; all imports happen here, in the thread that sets up."""
    if settings.protocol == GRPC:
        from spanwise.export.grpc import GrpcSender

        grpc_sender = partial(GrpcSender, settings.headers, compress=settings.gzip, certificate=settings.certificate)
        return partial(grpc_sender, "trace", settings.traces_endpoint), partial(
            grpc_sender, "logs", settings.logs_endpoint
        )
    return _http(settings, settings.traces_endpoint), _http(settings, settings.logs_endpoint)


def _http(settings: Settings, endpoint: str) -> NewCarrier:
    return partial(
        Sender,
        endpoint,
        settings.headers,
        compress=settings.gzip,
        certificate=settings.certificate,
        proxy=proxy_for(endpoint),
    )
