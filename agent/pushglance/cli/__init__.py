"""The commands; each one imports the other packages only when it runs."""
