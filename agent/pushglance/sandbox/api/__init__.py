"""The sandbox's side of Pushover's API: parameters, validation, answers, and injected faults."""
