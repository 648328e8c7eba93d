"""The commands of `spanwise` that the server brings: a module for each family, and what those share that ask."""
