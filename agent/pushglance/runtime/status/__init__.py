"""The status file: written by the daemon, read by the commands and the status page."""
