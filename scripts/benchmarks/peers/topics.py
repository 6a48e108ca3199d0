"""What every program of the comparison is told to do, so that they are compared at one job.

DOOR says "open" or "closed"; each change is one POST. LEVEL is a number; only a step of 2 or more is one. Everything
that changes nothing has to be ignored.
"""

DOOR = "bench/door"
LEVEL = "bench/level"
STEP = 2
PATH = "/1/glances.json"
