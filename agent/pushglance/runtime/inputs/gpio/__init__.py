"""Contacts and pulse counters on GPIO pins, read with libgpiod 2 or gpiozero."""
