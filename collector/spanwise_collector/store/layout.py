"""Where a table lies: on one server under its name; on a cluster in pieces, with one table of that name over them."""

from dataclasses import dataclass
from typing import Final

_SHARDED_BY: Final = {
    # All of a trace on one shard, so that the views behind `spans` see it whole. Every key is a function of the row
    # alone: a segment that is inserted again is cut as before, and each shard knows its piece.
    "spans": "cityHash64(trace_id)",
    "traces": "cityHash64(trace_id)",
    "span_sample": "cityHash64(trace_id)",
    "logs": "if(trace_id = toFixedString('', 16), cityHash64(time_unix_nano, body), cityHash64(trace_id))",
    # Whole requests: the views of the five kinds of metrics then work on the shard, each with a token of its own.
    "otlp_metrics": "received_time_unix_nano",
    "attributes": "cityHash64(key)",
}
VERSIONS: Final = "spanwise_schema"
"""Of a server's store: which versions of the schema have been made."""

TURN: Final = "spanwise_turn_"
"""Of a server's store: what the table of a turn is called, before its number."""

_FILLED_ON_THE_SHARD: Final = "cityHash64(service)"


@dataclass(frozen=True, slots=True)
class Layout:
    """How tables are laid out; without a `cluster` all of them are on the server that is spoken to."""

    cluster: str = ""
    database: str = "default"

    @property
    def on_cluster(self) -> str:
        """What a statement says after the name of its object, to be run by every server."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else ""

    @property
    def remembered(self) -> str:
        """The settings of a piece by which the names of inserts are remembered, as long as on one server."""
        if not self.cluster:
            return ""
        return ", replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"

    def local(self, table: str) -> str:
        """The table that holds the rows of `table` on one server."""
        return f"{table}_local" if self.cluster else table

    def names(self) -> dict[str, str]:
        """What the `.sql` files leave open."""
        if not self.cluster:
            return {"on_cluster": "", "local": "", "mergetree": "MergeTree", "aggregating": "AggregatingMergeTree"}
        # The path by names and not by uuid: a server that takes a dead one's place joins by making the same tables.
        place = "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"
        return {
            "on_cluster": self.on_cluster,
            "local": "_local",
            "mergetree": f"ReplicatedMergeTree{place}",
            "aggregating": f"ReplicatedAggregatingMergeTree{place}",
        }

    def versions(self) -> str:
        """The statement that makes VERSIONS; on a cluster every server has all of it."""
        engine = "MergeTree"
        if self.cluster:
            engine = "ReplicatedMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')"
        return (
            f"CREATE TABLE IF NOT EXISTS {VERSIONS}{self.on_cluster}"
            " (version UInt32, done UInt32, made DateTime DEFAULT now())"
            f" ENGINE = {engine} ORDER BY (version, done)"
        )

    def made(self, version: int, done: int) -> str:
        """The statement that notes in VERSIONS how far the schema has come."""
        return f"INSERT INTO {VERSIONS} (version, done) VALUES ({version:d}, {done:d})"  # noqa: S608 - numbers

    def turn(self, number: int, holder: str) -> str:
        """The statement that takes a turn, and fails where it is taken; on a cluster all servers do it in one order."""
        return (
            f"CREATE TABLE {TURN}{number:d}{self.on_cluster} (nothing UInt8)"
            f" ENGINE = MergeTree ORDER BY nothing COMMENT {quoted(holder)}"
        )

    def turn_of(self, number: int, holder: str) -> str:
        """The statement that writes anew whose turn it is."""
        return f"ALTER TABLE {TURN}{number:d}{self.on_cluster} MODIFY COMMENT {quoted(holder)}"

    def turn_over(self, number: int) -> str:
        """The statement that removes a turn."""
        return f"DROP TABLE IF EXISTS {TURN}{number:d}{self.on_cluster}"

    def over_all(self, table: str) -> str:
        """The statement that makes `table` of its pieces on all shards."""
        key = _SHARDED_BY.get(table, _FILLED_ON_THE_SHARD)
        piece = self.local(table)
        return (
            f"CREATE TABLE IF NOT EXISTS {table}{self.on_cluster} AS {piece}"
            f" ENGINE = Distributed({quoted(self.cluster)}, {quoted(self.database)}, {quoted(piece)}, {key})"
        )


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
