"""Commands that need no hardware and no account: replay and sandbox."""
