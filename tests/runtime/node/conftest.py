"""A node without a broker: its outbox, and what has been put into it."""

import pytest

from pushglance.core.decider import Decider
from pushglance.runtime.node.command_topics import Commands
from pushglance.runtime.node.mqtt_node import MqttNode
from pushglance.runtime.node.publish_queue import Outbox
from pushglance.runtime.node.publisher import Publisher
from support import plans


class NodeUnderTest:
    """Hold every part of one node; `now_ms` is its clock, `facts` its queue."""

    def __init__(self, plan):
        self.plan = plan
        self.now_ms = 0
        self.events = []
        self.outbox = Outbox()
        self.decider = Decider(plan, {}, 0)
        self.commands = Commands(plan, self.outbox, self, lambda: self.now_ms)
        self.publisher = Publisher(plan["node"], self.outbox, self.commands, {})
        self.line = MqttNode(plan, self.outbox, self.commands, self, lambda: self.now_ms)

    def put_latest(self, _key, event):
        self.events.append(event)

    def turn(self, *events, at_ms=None):
        """Let the core take facts and the publisher look, as the loop does; return what was published."""
        self.now_ms = self.now_ms if at_ms is None else at_ms
        commands = []
        for event in events:
            commands += self.decider.handle(event)
        self.publisher.mark_dirty()
        self.publisher.on_turn(events, commands)
        self.publisher.flush(self.decider, self.now_ms, {"dropped": 0})
        return self.sent()

    def sent(self):
        """Take everything out of the outbox, as (topic under the root, payload)."""
        messages = []
        while (message := self.line.next_message()) is not None:
            messages.append((message.topic.removeprefix("house/pi/"), message.payload))
        return messages


@pytest.fixture
def node():
    """Return a function from sensors, watches and changes of the node's plan to a node called "pi"."""

    def make(sensors=None, watches=None, commands=(), **changes):
        plan = plans.plan(sensors, watches)
        plan["node"] = plans.node("pi", commands, **changes)
        return NodeUnderTest(plan)

    return make
