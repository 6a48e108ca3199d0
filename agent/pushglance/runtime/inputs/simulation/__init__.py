"""Simulation: pins and messages moved by hand, for demos and tests."""
