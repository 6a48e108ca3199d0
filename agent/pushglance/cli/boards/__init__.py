"""Commands for boards: compile and deploy."""
