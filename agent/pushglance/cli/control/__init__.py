"""Commands that send a request to the running daemon."""
