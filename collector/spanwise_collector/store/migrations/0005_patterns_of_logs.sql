-- `logs` says of which form a record is, and `log_patterns` counts them. Records of before have none: their `pattern` is 0.
ALTER TABLE logs$local$on_cluster ADD COLUMN IF NOT EXISTS pattern UInt64 CODEC(ZSTD(1)) AFTER event_name;
-- schema ea240e616bfb
