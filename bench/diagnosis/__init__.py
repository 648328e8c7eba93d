"""How often the verdict on a window names the culprit: real recordings, simulated systems, and the example shop."""
