"""Rules about bytes from outside and about the way of a push, shared by a Pi and a board."""
