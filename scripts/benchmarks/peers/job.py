"""The job that every compared program does.

DOOR is "open" or "closed"; each change is one POST. LEVEL is a number; a change of 2 or more is one POST. All other
messages must be ignored.
"""

DOOR = "bench/door"
LEVEL = "bench/level"
STEP = 2
PATH = "/1/glances.json"
