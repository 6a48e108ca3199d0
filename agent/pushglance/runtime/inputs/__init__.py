"""Inputs, which read the sources of sensors and put events into the queue; one package for each source."""
