"""Sensors: raw events in, settled readings out. One module per kind, with the filters and number formats they use."""
