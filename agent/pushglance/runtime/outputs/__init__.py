"""Outputs: the courier that posts glances and messages to Pushover."""
