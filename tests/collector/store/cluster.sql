CREATE OR REPLACE FUNCTION spanwise_json_double ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_json_item ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_text ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_map ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_types ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_instance ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_service ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_failed ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_bucket ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_names_trace ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_names_span ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_trace_digits ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_span_digits ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_trace_found ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_span_found ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_masked ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_masked_json ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_form ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_pairs ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_is_kept ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_kept ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_peer_attributes ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_stack_cut ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_exceptions ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_span_error ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_is_stack ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_stack_named ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_is_exception ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_is_error ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_log_error ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_stack_shape ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_stack_types ON CLUSTER 'telemetry' AS …;

CREATE OR REPLACE FUNCTION spanwise_error_form ON CLUSTER 'telemetry' AS …;

CREATE TABLE IF NOT EXISTS otlp_traces ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE TABLE IF NOT EXISTS otlp_logs ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE TABLE IF NOT EXISTS spans_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS spans ON CLUSTER 'telemetry' AS spans_local ENGINE = Distributed('telemetry', 'spanwise', 'spans_local', cityHash64(trace_id));

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_view ON CLUSTER 'telemetry' TO spans AS SELECT … FROM otlp_traces;

CREATE TABLE IF NOT EXISTS logs_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(time_unix_nano, 60000000000), service, time_unix_nano)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS logs ON CLUSTER 'telemetry' AS logs_local ENGINE = Distributed('telemetry', 'spanwise', 'logs_local', if(trace_id = toFixedString('', 16), cityHash64(time_unix_nano, body), cityHash64(trace_id)));

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_view ON CLUSTER 'telemetry' TO logs AS SELECT … FROM otlp_logs;

CREATE TABLE IF NOT EXISTS log_patterns_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY received_day
ORDER BY (project, minute, service, pattern, severity_number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS log_patterns ON CLUSTER 'telemetry' AS log_patterns_local ENGINE = Distributed('telemetry', 'spanwise', 'log_patterns_local', cityHash64(service));

CREATE MATERIALIZED VIEW IF NOT EXISTS log_patterns_view ON CLUSTER 'telemetry' TO log_patterns_local AS SELECT … FROM logs_local;

CREATE TABLE IF NOT EXISTS traces_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY received_day
ORDER BY (project, minute, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS traces ON CLUSTER 'telemetry' AS traces_local ENGINE = Distributed('telemetry', 'spanwise', 'traces_local', cityHash64(trace_id));

CREATE MATERIALIZED VIEW IF NOT EXISTS traces_view ON CLUSTER 'telemetry' TO traces_local AS SELECT … FROM spans_local;

CREATE TABLE IF NOT EXISTS error_forms_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY received_day
ORDER BY (project, form, hour, service, version, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS error_forms ON CLUSTER 'telemetry' AS error_forms_local ENGINE = Distributed('telemetry', 'spanwise', 'error_forms_local', cityHash64(service));

CREATE TABLE IF NOT EXISTS spans_failed ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_failed_view ON CLUSTER 'telemetry' TO spans_failed AS SELECT … FROM spans_local;

CREATE TABLE IF NOT EXISTS logs_failed ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_failed_view ON CLUSTER 'telemetry' TO logs_failed AS SELECT … FROM logs_local;

CREATE MATERIALIZED VIEW IF NOT EXISTS span_errors_view ON CLUSTER 'telemetry' TO error_forms_local AS SELECT … FROM spans_failed;

CREATE MATERIALIZED VIEW IF NOT EXISTS log_errors_view ON CLUSTER 'telemetry' TO error_forms_local AS SELECT … FROM logs_failed;

CREATE TABLE IF NOT EXISTS span_stats_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY received_day
ORDER BY (project, minute, service, instance, name, kind, entry, status_code, duration_bucket)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS span_stats ON CLUSTER 'telemetry' AS span_stats_local ENGINE = Distributed('telemetry', 'spanwise', 'span_stats_local', cityHash64(service));

CREATE MATERIALIZED VIEW IF NOT EXISTS span_stats_view ON CLUSTER 'telemetry' TO span_stats_local AS SELECT … FROM spans_local;

CREATE TABLE IF NOT EXISTS span_sample_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS span_sample ON CLUSTER 'telemetry' AS span_sample_local ENGINE = Distributed('telemetry', 'spanwise', 'span_sample_local', cityHash64(trace_id));

CREATE MATERIALIZED VIEW IF NOT EXISTS span_sample_view ON CLUSTER 'telemetry' TO span_sample_local AS SELECT … FROM spans_local;

CREATE TABLE IF NOT EXISTS attributes_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY received_day
ORDER BY (project, signal, scope, key, type, kept, value, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS attributes ON CLUSTER 'telemetry' AS attributes_local ENGINE = Distributed('telemetry', 'spanwise', 'attributes_local', cityHash64(key));

CREATE MATERIALIZED VIEW IF NOT EXISTS attributes_view ON CLUSTER 'telemetry' TO attributes_local AS SELECT … FROM spans_local;

CREATE MATERIALIZED VIEW IF NOT EXISTS log_attributes_view ON CLUSTER 'telemetry' TO attributes_local AS SELECT … FROM logs_local;

CREATE TABLE IF NOT EXISTS otlp_metrics_local ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE TABLE IF NOT EXISTS otlp_metrics ON CLUSTER 'telemetry' AS otlp_metrics_local ENGINE = Distributed('telemetry', 'spanwise', 'otlp_metrics_local', received_time_unix_nano);

CREATE TABLE IF NOT EXISTS metric_points_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, name, service, instance, time_unix_nano)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS metric_points ON CLUSTER 'telemetry' AS metric_points_local ENGINE = Distributed('telemetry', 'spanwise', 'metric_points_local', cityHash64(service));

CREATE TABLE IF NOT EXISTS metrics ON CLUSTER 'telemetry' (…) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_view ON CLUSTER 'telemetry' TO metrics AS SELECT … FROM otlp_metrics_local;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_gauge_view ON CLUSTER 'telemetry' TO metric_points_local AS SELECT … FROM metrics;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_sum_view ON CLUSTER 'telemetry' TO metric_points_local AS SELECT … FROM metrics;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_histogram_view ON CLUSTER 'telemetry' TO metric_points_local AS SELECT … FROM metrics;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_exponential_histogram_view ON CLUSTER 'telemetry' TO metric_points_local AS SELECT … FROM metrics;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_summary_view ON CLUSTER 'telemetry' TO metric_points_local AS SELECT … FROM metrics;

CREATE TABLE spanwise_turn_1 ON CLUSTER 'telemetry' (nothing UInt8) ENGINE = MergeTree ORDER BY nothing COMMENT 'a\'b';

ALTER TABLE spanwise_turn_1 ON CLUSTER 'telemetry' MODIFY COMMENT 'a\'b';

DROP TABLE IF EXISTS spanwise_turn_1 ON CLUSTER 'telemetry';

CREATE TABLE IF NOT EXISTS spanwise_schema ON CLUSTER 'telemetry' (version UInt32, done UInt32, made DateTime DEFAULT now()) ENGINE = ReplicatedMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}') ORDER BY (version, done);

INSERT INTO spanwise_schema (version, done) VALUES (2, 0);

ALTER TABLE spans_local ON CLUSTER 'telemetry' DROP PARTITION 20261121;

ALTER TABLE spans_local ON CLUSTER 'telemetry'
    MODIFY COLUMN trace_id FixedString(16) CODEC(LZ4),
    MODIFY COLUMN parent_span_id FixedString(8) CODEC(LZ4),
    MODIFY COLUMN trace_state String CODEC(LZ4),
    MODIFY COLUMN flags UInt32 CODEC(LZ4),
    MODIFY COLUMN kind Int32 CODEC(LZ4),
    MODIFY COLUMN duration Int64 CODEC(LZ4),
    MODIFY COLUMN status_code Int32 CODEC(LZ4),
    MODIFY COLUMN status_message String CODEC(LZ4),
    MODIFY COLUMN attributes Map(LowCardinality(String), String) CODEC(LZ4),
    MODIFY COLUMN attribute_types Array(UInt8) CODEC(LZ4),
    MODIFY COLUMN dropped_attributes_count UInt32 CODEC(LZ4),
    MODIFY COLUMN event_times Array(UInt64) CODEC(LZ4),
    MODIFY COLUMN event_names Array(LowCardinality(String)) CODEC(LZ4),
    MODIFY COLUMN event_attributes Array(Map(LowCardinality(String), String)) CODEC(LZ4),
    MODIFY COLUMN event_attribute_types Array(Array(UInt8)) CODEC(LZ4),
    MODIFY COLUMN event_dropped_attributes_counts Array(UInt32) CODEC(LZ4),
    MODIFY COLUMN dropped_events_count UInt32 CODEC(LZ4),
    MODIFY COLUMN link_trace_ids Array(String) CODEC(LZ4),
    MODIFY COLUMN link_span_ids Array(String) CODEC(LZ4),
    MODIFY COLUMN link_trace_states Array(String) CODEC(LZ4),
    MODIFY COLUMN link_attributes Array(Map(LowCardinality(String), String)) CODEC(LZ4),
    MODIFY COLUMN link_attribute_types Array(Array(UInt8)) CODEC(LZ4),
    MODIFY COLUMN link_dropped_attributes_counts Array(UInt32) CODEC(LZ4),
    MODIFY COLUMN link_flags Array(UInt32) CODEC(LZ4),
    MODIFY COLUMN dropped_links_count UInt32 CODEC(LZ4),
    MODIFY COLUMN resource_attributes Map(LowCardinality(String), String) CODEC(LZ4),
    MODIFY COLUMN resource_attribute_types Array(UInt8) CODEC(LZ4),
    MODIFY COLUMN resource_dropped_attributes_count UInt32 CODEC(LZ4),
    MODIFY COLUMN resource_entity_refs Array(String) CODEC(LZ4),
    MODIFY COLUMN scope_attributes Map(LowCardinality(String), String) CODEC(LZ4),
    MODIFY COLUMN scope_attribute_types Array(UInt8) CODEC(LZ4),
    MODIFY COLUMN scope_dropped_attributes_count UInt32 CODEC(LZ4);

ALTER TABLE logs_local ON CLUSTER 'telemetry' ADD COLUMN IF NOT EXISTS pattern UInt64 CODEC(ZSTD(1)) AFTER event_name;

ALTER TABLE spans_local ON CLUSTER 'telemetry'
    ADD INDEX IF NOT EXISTS attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE spans_local ON CLUSTER 'telemetry' MATERIALIZE INDEX attribute_values, MATERIALIZE INDEX resource_values;

ALTER TABLE logs_local ON CLUSTER 'telemetry'
    ADD INDEX IF NOT EXISTS attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE logs_local ON CLUSTER 'telemetry' MATERIALIZE INDEX attribute_values, MATERIALIZE INDEX resource_values;

ALTER TABLE spans_local ON CLUSTER 'telemetry'
    ADD COLUMN IF NOT EXISTS failed UInt8 DEFAULT toUInt8(status_code = 2 OR (status_code = 0 AND (
    toUInt32OrZero(attributes['http.response.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['http.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['rpc.grpc.status_code']) IN (2, 4, 8, 13, 14, 15)
    OR lower(attributes['error']) = 'true'))) CODEC(LZ4) AFTER status_message;

CREATE TABLE IF NOT EXISTS span_sample_local ON CLUSTER 'telemetry' (…)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 134217728, merge_selector_base = 12, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

ALTER TABLE span_sample_local ON CLUSTER 'telemetry'
    ADD COLUMN IF NOT EXISTS failed UInt8 DEFAULT status_code = 2 CODEC(LZ4) AFTER status_code;

ALTER TABLE span_stats_local ON CLUSTER 'telemetry'
    ADD COLUMN IF NOT EXISTS failed_count SimpleAggregateFunction(sum, UInt64)
    DEFAULT if(status_code = 2, span_count, 0) CODEC(ZSTD(1)) AFTER span_count;
