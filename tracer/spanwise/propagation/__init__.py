"""Trace headers: W3C trace-context level 2, B3 single and multi, W3C baggage."""
