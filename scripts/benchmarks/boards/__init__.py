"""How much of a board the program fills, and how long it takes."""
