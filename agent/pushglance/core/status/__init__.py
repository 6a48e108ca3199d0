"""Status: the state of a decider as plain JSON and as sentences for people."""
