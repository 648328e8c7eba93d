"""One module per wire protocol; all meet in `intake`, which checks, counts and spools."""
