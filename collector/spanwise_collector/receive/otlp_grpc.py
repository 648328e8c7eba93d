"""OTLP over gRPC: the Export of traces, logs and metrics, on raw bytes. The only module that imports grpc."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import grpc  # type: ignore[import-untyped]  # it has no types
import grpc.aio  # type: ignore[import-untyped]

from spanwise_collector.errors import BadData, Refused, SenderLeft, SettingError, wire_code
from spanwise_collector.receive.check import check_foreign
from spanwise_collector.receive.http import Decoder
from spanwise_collector.receive.intake import HEAVY_BYTES, Intake
from spanwise_collector.receive.jaeger import decode_post_spans
from spanwise_collector.receive.places import Places
from spanwise_collector.receive.sender import address_of_peer, sender
from spanwise_collector.receive.status import Encoding, status, success
from spanwise_collector.settings import Address, Settings
from spanwise_collector.spool import Signal

_PROTOCOL = "otlp_grpc"
_METHODS = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
_POST_SPANS = "/jaeger.api_v2.CollectorService/PostSpans"
_DETAILS = "grpc-status-details-bin"
# Agents ping every 10 to 30 s, where gRPC's own default calls more than one ping in 5 minutes abuse.
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 9_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_metadata_size", 16 * 2**10),
    # Of a message that nobody reads yet, gRPC takes what fits into a stream's window: the usual 512 spans, so that they
    # wait for no round trip, and no more.
    ("grpc.http2.lookahead_bytes", 256 * 2**10),
    ("grpc.http2.bdp_probe", 0),
)
# A call that was cancelled looks like one without a message until gRPC says so, some milliseconds later.
_CANCELLED = 1.0

Metadata = Sequence[tuple[str, str | bytes]]
ProjectOf = Callable[[Metadata], str]


def default_project(metadata: Metadata) -> str:
    return "default"


class GrpcServer:
    """OTLP's gRPC services on one address, in the event loop that calls `start`.

    `signals` are those that the store can take; the services of others are unimplemented. `jaeger` serves
    Jaeger's PostSpans on the same address too.
    """

    def __init__(
        self,
        intake: Intake,
        settings: Settings,
        project_of: ProjectOf = default_project,
        *,
        signals: Sequence[Signal] = (Signal.TRACES, Signal.LOGS),
        jaeger: bool = False,
    ) -> None:
        methods = {_METHODS[signal]: _Method(signal, _PROTOCOL) for signal in signals}
        if jaeger:
            methods[_POST_SPANS] = _Method(Signal.TRACES, "jaeger_grpc", decode_post_spans)
        self._handler = _Handler(intake, project_of, methods, settings)
        self._settings = settings
        self._server: grpc.aio.Server | None = None

    async def start(self, address: Address | None = None, flag: str = "--grpc") -> Address:
        """Listen, by default where the settings say. Returns the address with the port that was bound.

        Raises SettingError, which names the flag, when it is taken.
        """
        wanted = address or self._settings.grpc
        _probe(wanted, flag)
        limit = ("grpc.max_receive_message_length", self._settings.max_body_bytes)
        server = grpc.aio.server(handlers=(self._handler,), options=(*_OPTIONS, limit))
        try:
            port = server.add_insecure_port(str(wanted))
        except RuntimeError:
            raise _taken(wanted, flag, "it may be in use") from None
        await server.start()
        self._server = server
        return Address(wanted.host, port)

    async def stop(self, grace: float) -> None:
        """Take no more calls and let those that run end within `grace` seconds."""
        if self._server is not None:
            await self._server.stop(grace)


def _probe(address: Address, flag: str) -> None:
    # The C core would say the same, and write lines of its own to stderr.
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise _taken(address, flag, error.strerror or str(error)) from error


def _taken(address: Address, flag: str, reason: str) -> SettingError:
    variable = f"SPANWISE_{flag.lstrip('-').replace('-', '_').upper()}"
    return SettingError(
        f"{flag}: nobody can listen for gRPC on {address}: {reason}. Another collector may be running;"
        f" choose another address with {flag} or {variable}."
    )


@dataclass(frozen=True, slots=True)
class _Method:
    signal: Signal
    protocol: str
    decode: Decoder | None = None


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """Finds the method by its path; no message is parsed by gRPC, so that garbage is answered by us.

    Calls are served as streams of one message, which looks the same on the wire: so it is asked whether a message may
    be taken before it is in memory, and only so many are received at once, shared by connections.
    """

    def __init__(
        self, intake: Intake, project_of: ProjectOf, methods: Mapping[str, _Method], settings: Settings
    ) -> None:
        self._intake = intake
        self._project_of = project_of
        self._methods = methods
        self._places = Places(settings.grpc_receiving, settings.read_timeout)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = self._methods.get(handler_call_details.method)
        return None if method is None else grpc.stream_unary_rpc_method_handler(partial(self._export, method))

    async def _export(self, method: _Method, _: object, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        sender.set(address_of_peer(context.peer()))
        try:
            with self._intake.counting(method.signal, method.protocol), self._intake.budget.hold() as hold:
                project = self._project_of(context.invocation_metadata() or ())
                self._intake.admit(method.signal)
                body = await self._received(context)
                hold.grow(len(body))
                accepted = await self._intake.accept(
                    method.signal,
                    project,
                    body if method.decode is None else partial(check_foreign, method.signal, method.decode, body),
                    protocol=method.protocol,
                    heavy=len(body) > HEAVY_BYTES,
                )
        except SenderLeft:
            # Nobody hears an answer, and gRPC takes this for the end of the call.
            raise asyncio.CancelledError from None
        except Refused as refusal:
            await _abort(context, refusal)
            raise
        return b"" if method.decode else success(method.signal, accepted, Encoding.PROTOBUF)

    async def _received(self, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        """The message of a call, when it is its turn. Raises Refused as `Places.receive`, and SenderLeft."""
        try:
            body: object = await self._places.receive(context.peer(), context.read)
            if not isinstance(body, bytes):
                await asyncio.sleep(_CANCELLED)
        except asyncio.CancelledError:
            raise SenderLeft("The caller gave up before its message was received.") from None
        if not isinstance(body, bytes):
            raise BadData("The call has no message.")
        return body


async def _abort(context: "grpc.aio.ServicerContext[bytes, bytes]", refusal: Refused) -> None:
    code = next(code for code in grpc.StatusCode if code.value[0] == wire_code(refusal).grpc)
    details = status(refusal).SerializeToString()
    await context.abort(code, refusal.message, trailing_metadata=((_DETAILS, details),))
