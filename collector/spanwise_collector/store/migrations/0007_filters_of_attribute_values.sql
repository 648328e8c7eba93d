-- Values that few spans have are found by filters. Those of spans that are there are made in the background.
ALTER TABLE spans$local$on_cluster
    ADD INDEX IF NOT EXISTS attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1;
ALTER TABLE spans$local$on_cluster MATERIALIZE INDEX attribute_values, MATERIALIZE INDEX resource_values;
-- schema ed00f354ee23
