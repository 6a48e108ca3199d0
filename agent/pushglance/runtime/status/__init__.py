"""The status file: written by the daemon, read by commands and by the status page."""
