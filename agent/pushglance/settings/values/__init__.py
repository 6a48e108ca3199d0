"""Single values with rules: durations, topics, keys, templates, time zones."""
