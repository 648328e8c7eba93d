"""What the store may use, what a query may cost, and how long telemetry is kept."""

from pydantic import BaseModel, Field

from spanwise_collector.settings.quantities import Duration, Size
from spanwise_collector.settings.store_address import StoreUrl


class Keeping(BaseModel):
    """What the store may use, what a query may cost, and how long telemetry is kept."""

    store: StoreUrl = Field(
        None,
        description="URL of a ClickHouse server that keeps what is searched, clickhouse://user:password@host:8123/db"
        " (clickhouses:// for TLS), instead of the embedded store; best given as the variable, which no list of"
        " processes shows.",
    )
    cluster: str = Field(
        "",
        pattern=r"^[^\x00-\x1f\x7f{}]*$",
        max_length=200,
        description="Name of the cluster that --store's server belongs to, to use all of its shards and replicas.",
    )
    store_timeout: Duration = Field(
        60.0,
        gt=0,
        description="Time that --store's server has for an insert or a change of tables before it is tried again.",
    )
    store_quorum: int = Field(
        0,
        ge=0,
        le=100,
        description="Replicas of each shard that must have what is inserted before the spool forgets it; 0: the one"
        " that was asked.",
    )
    store_memory: Size = Field(
        1024 * 2**20,
        ge=256 * 2**20,
        description="Most memory that the embedded store may use, inserts and queries together.",
    )
    query_memory: Size = Field(512 * 2**20, ge=2**20, description="Most memory that one query may use.")
    query_timeout: Duration = Field(10.0, gt=0, description="Time that a request of the API has for all its queries.")
    query_rows: int = Field(
        1_000_000_000, ge=0, description="Most rows that a request of the API may read from the store; 0: any number."
    )
    query_length: int = Field(8192, ge=1, description="Most characters of a query in the search language.")
    query_terms: int = Field(200, ge=1, description="Most terms of a query in the search language.")
    query_depth: int = Field(20, ge=1, le=100, description="How deep the terms of a query may be nested.")
    export_rows: int = Field(
        10_000_000, ge=0, description="Most spans or records in one exported file, which says so; 0: any number."
    )
    export_timeout: Duration = Field(
        3600.0, gt=0, description="Time that an export has; a file that is not done by then says so at its end."
    )
    structure_spans: int = Field(
        1_000_000,
        ge=1,
        description="Most spans that `>` and `>>` of a query look at at a time.",
    )
    tail_clients: int = Field(100, ge=0, description="Most clients that follow what arrives (/api/v1/tail) at once.")
    tail_buffer: int = Field(
        2000, ge=1, description="Most messages that wait for one of them; the oldest beyond are dropped, which is said."
    )
    look_interval: Duration = Field(
        60.0, ge=0, description="Time between two looks for what is broken right now (/api/v1/problems); 0: never."
    )
    look_window: Duration = Field(180.0, ge=60, le=3600, description="How much of what came last such a look is at.")
    max_trace_spans: int = Field(
        100_000, ge=1, description="Most spans of one trace in one answer; the answer says when there are more."
    )
    drawn_spans: int = Field(
        1_000_000,
        ge=1,
        description="Most spans of one trace as columns, which the web view draws; it says when there are more.",
    )
    facet_rows: int = Field(
        100_000,
        ge=1,
        description="Rows that facets are counted from; of more a sample of about so many, which is said.",
    )
    catalogue_entries: int = Field(
        100_000,
        ge=1000,
        description="Most keys and values of a project that completion remembers; beyond it the rarest are forgotten,"
        " which health counts.",
    )
    map_rows: int = Field(
        1_000_000,
        ge=1,
        description="Spans that a map's edges are paired from; of more those of a sample of the traces, which is said.",
    )
    map_nodes: int = Field(
        150, ge=1, description="Most nodes of a map; the busiest are kept, and it says how many not."
    )
    backup_dir: str = Field(
        "", description="Folder below which backups may be made; empty for `backups` in the data folder."
    )
    retention: Duration = Field(
        7 * 86400.0,
        gt=0,
        le=36_500 * 86400.0,
        description="Time after its arrival for which telemetry is kept, in whole days (UTC); 36500d at the most.",
    )
    retention_bytes: Size = Field(
        100 * 2**30,
        ge=2**20,
        description="Most room that stored telemetry may take; beyond it the oldest days go, but never the newest.",
    )
