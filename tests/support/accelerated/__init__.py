"""The real daemon in a time that skips its pauses, against a server and laws that share no code with the product."""
