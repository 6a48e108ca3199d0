"""Pins: contacts, pulse counters and the LED."""
