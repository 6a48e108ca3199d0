"""Ways out: the courier that carries glances to Pushover."""
