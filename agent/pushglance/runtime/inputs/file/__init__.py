"""Sensors in files: 1-Wire, IIO, hwmon, the processor's temperature, or any text file."""
