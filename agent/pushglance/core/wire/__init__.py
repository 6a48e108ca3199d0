"""Rules for bytes from outside and for delivering pushes, shared by a Pi and a board."""
