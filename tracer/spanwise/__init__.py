"""Add distributed tracing to a Python web service."""
