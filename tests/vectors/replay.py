"""Replay vectors on the running interpreter: CPython, or MicroPython as on a board.

Usage: replay.py FILE..., with the package `pushglance` on the module path. Exits with 1 at the first difference.
"""

import json
import sys
from binascii import unhexlify

from pushglance.core import events, lease_events, request_events
from pushglance.core.decider import Decider
from pushglance.core.wire.message_router import MessageRouter


def event_of(name, *values):
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
        event = event_of(*step["event"])
        commands = [command.as_list() for command in decider.handle(event)]
        place = "%s, step %d, %s" % (path, number, step["event"])
        assert commands == step["commands"], "%s: %s instead of %s" % (place, commands, step["commands"])
        assert decider.deadline_ms() == step["deadline_ms"], place + ": deadline"
    if "messages" in vector:
        _route(path, vector["plan"]["sensors"], vector["messages"])
    return len(vector["steps"])


def _route(path, sensors, rows):
    """Raise AssertionError if a message gives other events than in the file."""
    events, clock = Events(), [0]
    router = MessageRouter([sensor for sensor in sensors if "topic" in sensor], events, lambda: clock[0])
    for at_ms, topic, payload, retained, expected in rows:
        clock[0] = at_ms
        router.deliver(topic, None if payload is None else unhexlify(payload), bool(retained))
        found = [event.as_list() for event in events.rows]
        assert found == expected, "%s, %s %s: %s instead of %s" % (path, topic, payload, found, expected)
        events.rows = []


class Events:
    """The router's queue: a list, in which nothing is replaced."""

    def __init__(self):
        self.rows = []

    def put(self, event):
        """Add an event."""
        self.rows.append(event)

    def put_latest(self, _key, event):
        """Add an event that may replace a waiting one."""
        self.rows.append(event)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print("%d steps as recorded in %s" % (replay(argument), argument))
