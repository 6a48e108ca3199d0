"""How much of a board the core fills, on a 32-bit MicroPython."""
