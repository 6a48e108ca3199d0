"""Checks of what sensors are read from on this machine: pins and files."""
