"""A paho client and its socket: connecting, serving, and what a port speaks that does not answer."""
