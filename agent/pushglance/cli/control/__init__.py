"""Commands that ask the running daemon for something."""
