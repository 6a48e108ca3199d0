"""Hubs without processes: the real leases, claims and scripts with a real store, and a checker of the laws."""
