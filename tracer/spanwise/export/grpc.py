"""OTLP over gRPC: `pip install 'spanwise[grpc]'`, and `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]  # it has no stubs
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from spanwise.export.sender import LONGEST_WAIT, MAX_ANSWER, Verdict
from spanwise.values import printable

METHODS = {
    "trace": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
# OTLP names these; RESOURCE_EXHAUSTED only where the server says when to come back.
RETRYABLE = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_ANSWER),
    ("grpc.enable_retries", 0),  # the channel above keeps the batch and decides when to try again
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5000),
)


class GrpcSender:
    """Calls one Export method over a channel that is opened with the first body. For one thread only."""

    def __init__(
        self,
        headers: Mapping[str, str],
        signal: str,
        endpoint: str,
        *,
        compress: bool = True,
        certificate: str | None = None,
    ) -> None:
        """`signal` is `trace` or `logs`; an endpoint of https:// is spoken to over TLS."""
        parts = urlsplit(endpoint)
        self.endpoint = endpoint
        self._target = parts.netloc.rpartition("@")[2]
        self._secure = parts.scheme == "https"
        self._method = METHODS[signal]
        self._metadata = tuple(headers.items())
        self._certificate = certificate
        self._compression = grpc.Compression.Gzip if compress else grpc.Compression.NoCompression
        self._channel: grpc.Channel | None = None

    def post(self, body: bytes, deadline: float) -> Verdict:
        """Send one body; `deadline` is of the monotonic clock. Never raises."""
        # Where gRPC clients are traced, our own calls are not: each would make the next one.
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        try:
            export = self._open().unary_unary(self._method)
            timeout = max(0.001, deadline - time.monotonic())
            answer: bytes = export(body, timeout=timeout, metadata=self._metadata, compression=self._compression)
        except grpc.RpcError as error:
            return _refusal(error)
        except (OSError, ValueError) as error:
            return Verdict(False, retryable=True, reason=f"{type(error).__name__}: {error}")
        finally:
            detach(token)
        return Verdict(True, answer=answer)

    def _open(self) -> grpc.Channel:
        if self._channel is None:
            if self._secure:
                authorities = Path(self._certificate).read_bytes() if self._certificate else None
                credentials = grpc.ssl_channel_credentials(authorities)
                self._channel = grpc.secure_channel(self._target, credentials, options=OPTIONS)
            else:
                self._channel = grpc.insecure_channel(self._target, options=OPTIONS)
        return self._channel

    def close(self) -> None:
        """Close the channel, if any; the next call opens a new one."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()


def _refusal(error: grpc.RpcError) -> Verdict:
    code: grpc.StatusCode = error.code()
    delay = retry_delay(error.trailing_metadata() or ())
    retryable = code in RETRYABLE or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and delay is not None)
    details = printable(str(error.details() or "")[:200])
    return Verdict(False, retryable=retryable, retry_after=delay, reason=f"gRPC {code.name}: {details}")


def retry_delay(metadata: tuple[tuple[str, bytes], ...]) -> float | None:
    """Seconds that a `google.rpc.RetryInfo` of the trailing metadata names."""
    for key, value in metadata:
        if key == "grpc-status-details-bin":
            for detail in Status.FromString(value).details:
                info = RetryInfo()
                if detail.Unpack(info):
                    return min(float(info.retry_delay.ToTimedelta().total_seconds()), LONGEST_WAIT)
    return None
