"""Pacing: when a change is worth one of the pushes that are left."""
