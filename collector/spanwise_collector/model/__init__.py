"""The words of the field as plain data: no framework, no I/O. Times are integers of nanoseconds since the epoch."""
