"""Hubs without processes: the real leases, claims and scripts against a real store, and a world that judges them."""
