"""Libraries that are instrumented by themselves when they are imported, before or after `init`."""
