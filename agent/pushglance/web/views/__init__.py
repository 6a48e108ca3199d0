"""What the templates show, prepared from the status file and the store."""
