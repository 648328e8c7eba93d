"""Questions about what is stored: parameters in, rows of the model out."""
