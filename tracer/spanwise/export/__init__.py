"""From ended spans and log records to the collector: a bounded queue, one thread, OTLP over HTTP."""
