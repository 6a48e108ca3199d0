"""Wire formats: rules about bytes from outside that a Pi and a board share."""
