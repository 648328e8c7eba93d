-- The sample of traces for maps, the view that fills it and a function are new: of what came before maps are paired from the spans.
-- Log records get the filters of values that spans have. Those of records that are there are made in the background.
ALTER TABLE logs$local$on_cluster
    ADD INDEX IF NOT EXISTS attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1;
ALTER TABLE logs$local$on_cluster MATERIALIZE INDEX attribute_values, MATERIALIZE INDEX resource_values;
-- schema 5fd9a9c4ad35
