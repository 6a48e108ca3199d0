"""Hindsight: the lowest cost that any policy can reach on a trace that it knows in advance, and bounds for it."""
