"""Pushes: what a watch should show, what it shows, and the life cycle of a push."""
