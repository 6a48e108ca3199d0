"""Measure the memory of the program on a board, and the time of the core."""
