"""Hindsight: the best that any policy could have done on a trace, and bounds for it."""
