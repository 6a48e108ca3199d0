"""Storage of everything that must survive a power cut."""
