"""Commands around the daemon: run it, and look at its state, history, log and page."""
