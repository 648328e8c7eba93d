"""A small shop of eight services, to have something real to trace."""
