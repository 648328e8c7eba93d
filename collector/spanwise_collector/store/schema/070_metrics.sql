-- Metrics, stored simply: one row a data point, whatever its kind, so that they can be drawn beside traces.
CREATE TABLE IF NOT EXISTS otlp_metrics$local$on_cluster (
    resource_metrics Array(Tuple(
        resource Tuple(attributes $attributes, dropped_attributes_count UInt32, entity_refs Array(String)),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String, attributes $attributes, dropped_attributes_count UInt32),
            metrics Array(Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points
                    Array(Tuple(attributes $attributes, start_time_unix_nano UInt64, time_unix_nano UInt64,
                        value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, flags UInt32))),
                sum Tuple(data_points
                    Array(Tuple(attributes $attributes, start_time_unix_nano UInt64, time_unix_nano UInt64,
                        value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, flags UInt32)),
                    aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64, bucket_counts Array(UInt64),
                    explicit_bounds Array(Float64), flags UInt32, min Float64, max Float64)),
                    aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64, scale Int32, zero_count UInt64,
                    positive Tuple(offset Int32, bucket_counts Array(UInt64)),
                    negative Tuple(offset Int32, bucket_counts Array(UInt64)), flags UInt32, min Float64, max Float64)),
                    aggregation_temporality Int32),
                summary Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64,
                    quantile_values Array(Tuple(quantile Float64, value Float64)), flags UInt32))))),
            schema_url String)),
        schema_url String)),
    project String,
    received_time_unix_nano UInt64
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS metric_points$local$on_cluster (
    project LowCardinality(String),
    service LowCardinality(String),
    instance LowCardinality(String),
    name LowCardinality(String),
    description LowCardinality(String),
    unit LowCardinality(String),
    -- The number of the field of opentelemetry-proto's Metric: 5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11 summary.
    kind UInt8,
    -- 1 delta, 2 cumulative, 0 where it means nothing.
    temporality Int32,
    monotonic Bool,
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Array(UInt8) CODEC(ZSTD(1)),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    scope_name LowCardinality(String),
    start_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    -- Of a gauge or a sum.
    value Float64 CODEC(ZSTD(1)),
    -- Of the other kinds.
    count UInt64 CODEC(ZSTD(1)),
    sum Float64 CODEC(ZSTD(1)),
    min Float64 CODEC(ZSTD(1)),
    max Float64 CODEC(ZSTD(1)),
    -- Upper bounds and counts of an explicit histogram (one count more than bounds); quantiles and values of a summary.
    bounds Array(Float64) CODEC(ZSTD(1)),
    bucket_counts Array(UInt64) CODEC(ZSTD(1)),
    quantile_values Array(Float64) CODEC(ZSTD(1)),
    -- Of an exponential histogram.
    scale Int32 CODEC(ZSTD(1)),
    zero_count UInt64 CODEC(ZSTD(1)),
    positive_offset Int32 CODEC(ZSTD(1)),
    positive_counts Array(UInt64) CODEC(ZSTD(1)),
    negative_offset Int32 CODEC(ZSTD(1)),
    negative_counts Array(UInt64) CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    received_time_unix_nano UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = $mergetree
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, name, service, instance, time_unix_nano)
SETTINGS $durable;

-- One row a metric, for the views of the five kinds below.
CREATE TABLE IF NOT EXISTS metrics$on_cluster (
    project LowCardinality(String),
    received_time_unix_nano UInt64,
    resource_attributes Map(LowCardinality(String), String),
    service LowCardinality(String),
    instance LowCardinality(String),
    scope_name LowCardinality(String),
    metric Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points
                    Array(Tuple(attributes $attributes, start_time_unix_nano UInt64, time_unix_nano UInt64,
                        value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, flags UInt32))),
                sum Tuple(data_points
                    Array(Tuple(attributes $attributes, start_time_unix_nano UInt64, time_unix_nano UInt64,
                        value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, flags UInt32)),
                    aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64, bucket_counts Array(UInt64),
                    explicit_bounds Array(Float64), flags UInt32, min Float64, max Float64)),
                    aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64, scale Int32, zero_count UInt64,
                    positive Tuple(offset Int32, bucket_counts Array(UInt64)),
                    negative Tuple(offset Int32, bucket_counts Array(UInt64)), flags UInt32, min Float64, max Float64)),
                    aggregation_temporality Int32),
                summary Tuple(data_points Array(Tuple(attributes $attributes, start_time_unix_nano UInt64,
                    time_unix_nano UInt64, count UInt64, sum Float64,
                    quantile_values Array(Tuple(quantile Float64, value Float64)), flags UInt32))))
) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_view$on_cluster TO metrics AS
SELECT
    project,
    received_time_unix_nano,
    resource_attributes,
    spanwise_service(resource_attributes) AS service,
    spanwise_instance(resource_attributes) AS instance,
    toLowCardinality(scope_metric.scope.name) AS scope_name,
    metric
FROM (
    SELECT
        project,
        received_time_unix_nano,
        spanwise_map(resource_metric.resource.attributes) AS resource_attributes,
        resource_metric.scope_metrics AS scope_metrics
    FROM otlp_metrics$local
    ARRAY JOIN resource_metrics AS resource_metric
)
ARRAY JOIN scope_metrics AS scope_metric
ARRAY JOIN scope_metric.metrics AS metric;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_gauge_view$on_cluster TO metric_points$local AS
SELECT
    project,
    service,
    instance,
    metric.name AS name,
    metric.description AS description,
    metric.unit AS unit,
    5 AS kind,
    0 AS temporality,
    false AS monotonic,
    spanwise_map(point.attributes) AS attributes,
    spanwise_types(point.attributes) AS attribute_types,
    resource_attributes,
    scope_name,
    point.start_time_unix_nano AS start_time_unix_nano,
    point.time_unix_nano AS time_unix_nano,
    if(point.value = 'as_int', toFloat64(point.as_int), point.as_double) AS value,
    point.flags AS flags,
    received_time_unix_nano
FROM metrics
ARRAY JOIN metric.gauge.data_points AS point;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_sum_view$on_cluster TO metric_points$local AS
SELECT
    project,
    service,
    instance,
    metric.name AS name,
    metric.description AS description,
    metric.unit AS unit,
    7 AS kind,
    metric.sum.aggregation_temporality AS temporality,
    metric.sum.is_monotonic AS monotonic,
    spanwise_map(point.attributes) AS attributes,
    spanwise_types(point.attributes) AS attribute_types,
    resource_attributes,
    scope_name,
    point.start_time_unix_nano AS start_time_unix_nano,
    point.time_unix_nano AS time_unix_nano,
    if(point.value = 'as_int', toFloat64(point.as_int), point.as_double) AS value,
    point.flags AS flags,
    received_time_unix_nano
FROM metrics
ARRAY JOIN metric.sum.data_points AS point;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_histogram_view$on_cluster TO metric_points$local AS
SELECT
    project,
    service,
    instance,
    metric.name AS name,
    metric.description AS description,
    metric.unit AS unit,
    9 AS kind,
    metric.histogram.aggregation_temporality AS temporality,
    false AS monotonic,
    spanwise_map(point.attributes) AS attributes,
    spanwise_types(point.attributes) AS attribute_types,
    resource_attributes,
    scope_name,
    point.start_time_unix_nano AS start_time_unix_nano,
    point.time_unix_nano AS time_unix_nano,
    point.count AS count,
    point.sum AS sum,
    point.min AS min,
    point.max AS max,
    point.explicit_bounds AS bounds,
    point.bucket_counts AS bucket_counts,
    point.flags AS flags,
    received_time_unix_nano
FROM metrics
ARRAY JOIN metric.histogram.data_points AS point;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_exponential_histogram_view$on_cluster TO metric_points$local AS
SELECT
    project,
    service,
    instance,
    metric.name AS name,
    metric.description AS description,
    metric.unit AS unit,
    10 AS kind,
    metric.exponential_histogram.aggregation_temporality AS temporality,
    false AS monotonic,
    spanwise_map(point.attributes) AS attributes,
    spanwise_types(point.attributes) AS attribute_types,
    resource_attributes,
    scope_name,
    point.start_time_unix_nano AS start_time_unix_nano,
    point.time_unix_nano AS time_unix_nano,
    point.count AS count,
    point.sum AS sum,
    point.min AS min,
    point.max AS max,
    point.scale AS scale,
    point.zero_count AS zero_count,
    point.positive.offset AS positive_offset,
    point.positive.bucket_counts AS positive_counts,
    point.negative.offset AS negative_offset,
    point.negative.bucket_counts AS negative_counts,
    point.flags AS flags,
    received_time_unix_nano
FROM metrics
ARRAY JOIN metric.exponential_histogram.data_points AS point;

CREATE MATERIALIZED VIEW IF NOT EXISTS metric_summary_view$on_cluster TO metric_points$local AS
SELECT
    project,
    service,
    instance,
    metric.name AS name,
    metric.description AS description,
    metric.unit AS unit,
    11 AS kind,
    0 AS temporality,
    false AS monotonic,
    spanwise_map(point.attributes) AS attributes,
    spanwise_types(point.attributes) AS attribute_types,
    resource_attributes,
    scope_name,
    point.start_time_unix_nano AS start_time_unix_nano,
    point.time_unix_nano AS time_unix_nano,
    point.count AS count,
    point.sum AS sum,
    point.quantile_values.quantile AS bounds,
    point.quantile_values.value AS quantile_values,
    point.flags AS flags,
    received_time_unix_nano
FROM metrics
ARRAY JOIN metric.summary.data_points AS point;
