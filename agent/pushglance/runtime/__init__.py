"""The daemon: everything with a thread, a socket or a clock. It reads a Plan and never imports the settings."""
