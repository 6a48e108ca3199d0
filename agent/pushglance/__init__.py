"""Keep an Apple Watch complication showing the truth, within the 50 updates a watch accepts in a day."""

__version__ = "0.1.0"
