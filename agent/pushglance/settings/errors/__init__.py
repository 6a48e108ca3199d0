"""Errors in settings: what is wrong, what is allowed, what to type."""
