"""The simulated part of Pushover's API: parameters, validation, responses, and how faults alter them."""
