"""Topics: which are subscribed to, which sensors their messages are for, and why one is silent."""
