"""The commands people type; each imports the rest only when it runs."""
