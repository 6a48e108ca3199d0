"""Pins and messages that are simulated by lines in a FIFO, for the demo and for tests."""
