"""What is wrong and who is to blame: pure functions over traces and over counts of a window. No I/O, no clock."""
