"""Commands to run the daemon and to show its status, history, log and page."""
