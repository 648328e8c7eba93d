"""Who should be there, read from where services register: only addresses of the settings are asked."""
