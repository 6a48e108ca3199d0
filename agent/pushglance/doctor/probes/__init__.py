"""Probes: what several checks use to look at the network, the system and GPIO lines."""
