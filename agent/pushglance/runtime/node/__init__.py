"""This agent as a node of the house: what it publishes, what it may be asked, and that nobody else bears its name."""
