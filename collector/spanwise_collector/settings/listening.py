"""Where the collector listens, and for whom."""

from pydantic import BaseModel, Field

from spanwise_collector.settings.quantities import Address, Duration, HostPort


class Listening(BaseModel):
    """Where the collector listens, and for whom."""

    http: HostPort = Field(
        Address.parse("127.0.0.1:4318"),
        description="HOST:PORT of OTLP/HTTP, the other HTTP protocols, the API and the web view.",
    )
    grpc: HostPort = Field(Address.parse("127.0.0.1:4317"), description="HOST:PORT of OTLP/gRPC.")
    insecure: bool = Field(
        False,
        description="Ask nobody for a key while there is none, also on addresses that other machines can reach.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names besides localhost under which browsers may reach the web view, separated by commas.",
    )
    session_time: Duration = Field(
        12 * 3600.0, gt=0, description="Time for which a browser that has shown a key is not asked for it again."
    )
    cors_origins: str = Field(
        "", description="Origins of web pages that may send telemetry, separated by commas; none by default."
    )
    zipkin_port: int = Field(
        0,
        ge=0,
        lt=2**16,
        description="Port of --http's host to take Zipkin's spans on too, 9411 by its custom; 0: none.",
    )
    jaeger_http_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --http's host to take Jaeger's thrift on too, 14268 by custom; 0: none."
    )
    jaeger_compact_port: int = Field(
        0,
        ge=0,
        lt=2**16,
        description="UDP port of --http's host for Jaeger's compact packets, 6831 by custom; 0: none.",
    )
    jaeger_binary_port: int = Field(
        0, ge=0, lt=2**16, description="UDP port of --http's host for Jaeger's binary packets, 6832 by custom; 0: none."
    )
    jaeger_grpc_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --grpc's host for Jaeger's PostSpans, 14250 by custom; 0: none."
    )
    syslog_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --http's host for syslog, over UDP and TCP, 514 by custom; 0: none."
    )
    fluent_port: int = Field(
        0, ge=0, lt=2**16, description="Port of --http's host for Fluent's forward protocol, 24224 by custom; 0: none."
    )

    @property
    def page_origins(self) -> frozenset[str]:
        """The single origins of `cors_origins`."""
        return frozenset(filter(None, map(str.strip, self.cors_origins.split(","))))
