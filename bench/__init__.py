"""Measures a collector from outside: real processes, real sockets, real files."""
