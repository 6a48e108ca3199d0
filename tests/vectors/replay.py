"""Replay vectors on the running interpreter: CPython, or MicroPython as on a board.

Usage: replay.py FILE..., with the package `pushglance` on the module path. Exits with 1 at the first difference.
"""

import json
import sys

from pushglance.core import events, lease_events, request_events
from pushglance.core.decider import Decider


def _event(name, *values):
    for module in (events, request_events, lease_events):
        if hasattr(module, name):
            return getattr(module, name)(*values)
    raise ValueError(name)


def replay(path):
    """Raise AssertionError if the core answers one event of this story differently than the file."""
    with open(path) as file:
        vector = json.load(file)
    decider = Decider(vector["plan"], vector["memory"], vector["start_ms"])
    for number, step in enumerate(vector["steps"]):
        event = _event(*step["event"])
        commands = [command.as_list() for command in decider.handle(event)]
        place = "%s, step %d, %s" % (path, number, step["event"])
        assert commands == step["commands"], "%s: %s instead of %s" % (place, commands, step["commands"])
        assert decider.deadline_ms() == step["deadline_ms"], place + ": deadline"
    return len(vector["steps"])


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print("%d steps as recorded in %s" % (replay(argument), argument))
