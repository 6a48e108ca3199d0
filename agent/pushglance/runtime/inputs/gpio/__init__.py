"""GPIO: contacts and pulse counters on pins, by libgpiod 2 or gpiozero."""
