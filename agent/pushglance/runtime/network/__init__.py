"""Connections to other machines: each look-up, connection and exchange ends at a deadline."""
