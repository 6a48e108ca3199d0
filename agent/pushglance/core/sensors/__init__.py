"""Sensors: raw events in, settled readings out. One file for each kind, and the filters and number formats they use."""
