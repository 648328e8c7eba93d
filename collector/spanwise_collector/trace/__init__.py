"""A trace rebuilt from its spans: pure functions, no I/O, no clock, no recursion."""
