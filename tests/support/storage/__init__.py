"""A disk that loses in a power cut what was not synced."""
