"""A node without a broker: its parts, and the messages that it would publish."""

import pytest

from pushglance.core.decider import Decider
from pushglance.runtime.node.command_topics import CommandTopics
from pushglance.runtime.node.node_session import NodeSession
from pushglance.runtime.node.publish_queue import PublishQueue
from pushglance.runtime.node.publisher import Publisher
from support import plans


class NodeUnderTest:
    """All parts of one node. `now_ms` is its clock, `events` are what it has put into the event queue."""

    def __init__(self, plan):
        self.plan = plan
        self.now_ms = 0
        self.events = []
        self.outgoing = PublishQueue()
        self.decider = Decider(plan, {}, 0)
        self.commands = CommandTopics(plan, self.outgoing, self, lambda: self.now_ms)
        self.publisher = Publisher(plan["node"], self.outgoing, self.commands, {})
        self.session = NodeSession(plan, self.outgoing, self.commands, self, lambda: self.now_ms)

    def put_latest(self, _key, event):
        self.events.append(event)

    def turn(self, *events, at_ms=None):
        """Give events to the core and the publisher as the loop does; return what was published."""
        self.now_ms = self.now_ms if at_ms is None else at_ms
        commands = []
        for event in events:
            commands += self.decider.handle(event)
        self.publisher.mark_dirty()
        self.publisher.on_turn(events, commands)
        self.publisher.flush(self.decider, self.now_ms, {"dropped": 0})
        return self.published()

    def published(self):
        """Pop all messages, as (topic under the root, payload)."""
        messages = []
        while (message := self.session.next_message()) is not None:
            messages.append((message.topic.removeprefix("home/pi/"), message.payload))
        return messages


@pytest.fixture
def node():
    """Return a function from sensors, watches and changes of the node's plan to a node called "pi"."""

    def make(sensors=None, watches=None, commands=(), messages=None, **changes):
        plan = plans.plan(sensors, watches, messages=messages)
        plan["node"] = plans.node("pi", commands, **changes)
        return NodeUnderTest(plan)

    return make
