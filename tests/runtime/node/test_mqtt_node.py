"""The node's side of the connection: what it takes back, what it announces, and who else bears its name."""

import json

from pushglance.core.events import LinkChanged
from pushglance.runtime.node.publish_queue import CAPACITY, Message, Outbox
from support import plans

TOPIC = "homeassistant/device/pushglance_pi/config"


def announcement(*keys, origin="pushglance"):
    """Return a discovery message with these components."""
    return json.dumps({"o": {"name": origin}, "cmps": {key: {"p": "sensor", "x": 1} for key in keys}})


def connected(pi, kept="", retained=()):
    """Connect, let the broker replay what it keeps and return our "online"; return what is said then."""
    dropped = []
    pi.line.connected(dropped.extend)
    for topic, payload in retained:
        pi.line.deliver(topic, payload.encode(), is_retained=True)
    if kept:
        pi.line.deliver(TOPIC, kept.encode(), is_retained=True)
    pi.outbox.put(pi.line.last_will("online"))
    detail = pi.sent()
    pi.line.deliver("house/pi/status", b"online", is_retained=False)
    assert dropped == ["house/pi/sensor/+", "house/pi/watch/+"]
    return detail[:-1] + pi.sent()


def test_readings_of_what_is_no_more_are_taken_back(node):
    """A retained reading of a sensor or watch that the settings do not name is cleared; ours and others stay."""
    pi = node([plans.contact()], [plans.watch()])
    kept = ["sensor/garage", "sensor/old", "watch/old", "watch/watch", "health"]
    detail = connected(pi, retained=[(f"house/pi/{path}", "x") for path in kept] + [("house/shed/sensor/old", "x")])
    assert detail == [("sensor/old", ""), ("watch/old", "")]


def test_what_waited_is_not_sent_to_a_new_connection(node):
    """The whole truth is told anew there, so that nothing older can come after it."""
    pi = node()
    pi.outbox.put(Message("house/pi/sensor/garage", "open"))
    assert connected(pi) == []


def test_announced_once(node):
    """A first announcement is published; one that the broker has already is not."""
    pi = node(announcement=announcement("a"))
    assert connected(pi) == [(TOPIC, announcement("a"))]
    pi.line.deliver(TOPIC, announcement("a").encode(), is_retained=False)  # our own, come back
    assert connected(pi, kept=announcement("a")) == []


def test_what_is_no_more_is_first_taken_back(node, caplog):
    """A component that is gone is said once with its platform alone, which removes it, and then no more."""
    pi = node(announcement=announcement("a", "c"))
    first, second = connected(pi, kept=announcement("a", "b"))
    assert json.loads(first[1])["cmps"] == {
        "a": {"p": "sensor", "x": 1},
        "c": {"p": "sensor", "x": 1},
        "b": {"p": "sensor"},
    }
    assert second == (TOPIC, announcement("a", "c"))
    for _, payload in (first, second):
        pi.line.deliver(TOPIC, payload.encode(), is_retained=False)
    assert caplog.messages == []


def test_switched_off_it_is_taken_back(node):
    """Without discovery an earlier announcement of ours is cleared; where there is none nothing is published."""
    pi = node(announcement="")
    assert connected(pi, kept=announcement("a")) == [(TOPIC, "")]
    assert connected(pi) == []


def test_another_programs_announcement_is_left_alone(node, caplog):
    """A foreign message under our name is told in a sentence, once, and not overwritten."""
    pi = node(announcement=announcement("a"))
    for kept in (announcement("x", origin="zigbee2mqtt"), "[1, 2", '{"cmps": 5}', "[" * 100_000):
        assert connected(pi, kept=kept) == []
    assert len(caplog.messages) == 1
    assert f"Another program's announcement stands under {TOPIC}" in caplog.text
    quiet = node(announcement="")
    assert connected(quiet, kept="{}") == []
    assert len(caplog.messages) == 1


def test_home_assistant_comes_online(node):
    """Its birth is a fact, and it is told again what there is."""
    pi = node(announcement=announcement("a"))
    connected(pi)
    pi.line.deliver("homeassistant/status", b"offline", is_retained=False)
    pi.line.deliver("homeassistant/status", b"online", is_retained=False)
    assert pi.events == [LinkChanged(0, "home assistant", 0), LinkChanged(0, "home assistant", 1)]
    assert pi.sent() == [(TOPIC, announcement("a"))]


def test_somebody_else_says_that_we_are_offline(node, caplog):
    """Another client of our name is told of once; what it said is set right."""
    pi = node()
    connected(pi)
    pi.line.deliver("house/pi/status", b"offline", is_retained=False)
    assert pi.sent() == [("status", "online")]
    pi.line.deliver("house/pi/status", b"online", is_retained=False)  # ours, come back
    assert caplog.messages == ["Another client says 'offline' as the node 'pi': give each its own name in [node]."]
    pi.line.deliver("house/pi/status", b"online", is_retained=False)  # not ours
    assert pi.sent() == []
    assert len(caplog.messages) == 1


def test_a_broker_that_lets_us_hear_nothing(node):
    """Where our own status may not be subscribed to we are announced all the same."""
    pi = node(announcement=announcement("a"))
    pi.line.connected(lambda _: None)
    pi.line.refused("house/pi/status")
    assert pi.sent() == [(TOPIC, announcement("a"))]


def test_the_outbox_keeps_order_and_is_bounded():
    """Beyond its capacity only the newest message of each topic is kept, the others before as they came."""
    outbox = Outbox()
    calls = []
    outbox.on_first = lambda: calls.append(1)
    for number in range(CAPACITY + 500):
        outbox.put(Message("t", str(number)))
    outbox.put_latest(Message("u", "1"))
    outbox.put_latest(Message("u", "2"))
    taken = []
    while (message := outbox.take()) is not None:
        taken.append((message.topic, message.payload))
    assert taken == [("t", str(number)) for number in range(CAPACITY)] + [("t", str(CAPACITY + 499)), ("u", "2")]
    assert calls == [1]
