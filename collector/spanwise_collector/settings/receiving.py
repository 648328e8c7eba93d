"""What one request may bring."""

from pathlib import Path

from pydantic import BaseModel, Field

from spanwise_collector.settings.quantities import Duration, Size, Zone


class Receiving(BaseModel):
    """What one request may bring."""

    max_body_bytes: Size = Field(
        64 * 2**20,
        ge=1024,
        # No reader of protobuf takes a message of more, and gRPC no limit.
        lt=2**31,
        description="Largest body of one request, after inflating; a larger one gets 413.",
    )
    import_bytes: Size = Field(
        4 * 2**30, ge=2**20, description="Largest Parquet file that is imported; it is kept on disk meanwhile."
    )
    grpc_receiving: int = Field(
        16,
        ge=1,
        le=10_000,
        description="Calls over gRPC whose message is received at once, a quarter of them of one connection; others"
        " wait for up to 8 s and get RESOURCE_EXHAUSTED. gRPC has each in memory, up to max_body_bytes, before it can"
        " be counted against max_inflight_bytes.",
    )
    max_inflight_bytes: Size = Field(
        256 * 2**20,
        ge=1024,
        description="Most bytes of bodies in memory at one time; requests beyond it get 429 and come back.",
    )
    read_timeout: Duration = Field(30.0, gt=0, description="Time for a body to arrive; a slower one gets 408.")
    max_log_bytes: Size = Field(
        256 * 2**10,
        ge=64,
        description="Longest text of a log record from other than OTLP; the rest is cut off, and the record says so.",
    )
    max_log_records: int = Field(
        100_000, ge=1, description="Most log records of one request in other than OTLP; one with more gets 413."
    )
    log_zone: Zone = Field(
        "UTC",
        description="Time zone of log times that name none: a name such as Europe/Berlin, or an offset such as +02:00.",
    )
    loki_max_age: Duration = Field(
        7 * 86400.0, gt=0, description="Age beyond which an entry that is pushed as to Loki is refused."
    )
    loki_max_ahead: Duration = Field(
        600.0, ge=0, description="How far in the future an entry may lie that is pushed as to Loki."
    )
    loki_max_labels: int = Field(30, ge=1, description="Most labels of a stream that is pushed as to Loki.")
    loki_max_label_bytes: Size = Field(
        2048, ge=16, description="Longest value of a label that is pushed as to Loki; half of it is the longest name."
    )
    stop_timeout: Duration = Field(10.0, gt=0, description="Time that running requests are given to end at a stop.")
    stop_limit: Duration = Field(
        30.0,
        gt=0,
        description="Time after which a stop waits no longer for a store that is still busy. What was acknowledged is "
        "on disk by then, and the next start goes on with it.",
    )
    sampling: Path | None = Field(
        None,
        description="TOML file of the sampling that tracers are told by service, read anew when it changes; none by "
        "default.",
    )
