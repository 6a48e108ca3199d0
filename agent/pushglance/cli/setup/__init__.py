"""Commands for setting up: init, check, doctor."""
