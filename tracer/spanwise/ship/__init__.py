"""Lines of pipes and files on their way to a collector: `spanwise send` and `spanwise ship`."""
