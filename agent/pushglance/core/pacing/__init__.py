"""Pacing: whether a change is worth one of the pushes that are left in the last 24 hours."""
