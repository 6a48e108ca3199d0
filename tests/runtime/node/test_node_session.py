"""The node's side of the connection: cleared topics, Home Assistant's discovery, and other clients of the same name."""

import json

from pushglance.core.events import LinkChanged
from pushglance.runtime.node.publish_queue import COALESCE_FROM, OutgoingMessage, PublishQueue
from support import plans

TOPIC = "homeassistant/device/pushglance_pi/config"


def discovery(*keys, origin="pushglance"):
    """Return a discovery message with these components."""
    return json.dumps({"o": {"name": origin}, "cmps": {key: {"p": "sensor", "x": 1} for key in keys}})


def connect(pi, kept="", retained=()):
    """Connect, deliver the retained messages and the own "online"; return what is published then."""
    unsubscribed = []
    pi.session.on_connected(unsubscribed.extend)
    for topic, payload in retained:
        pi.session.deliver(topic, payload.encode(), is_retained=True)
    if kept:
        pi.session.deliver(TOPIC, kept.encode(), is_retained=True)
    pi.outgoing.put(pi.session.status_message("online"))
    first = pi.published()
    pi.session.deliver("home/pi/status", b"online", is_retained=False)
    assert unsubscribed == ["home/pi/sensor/+", "home/pi/watch/+"]
    return first[:-1] + pi.published()


def test_readings_of_removed_sensors_are_cleared(node):
    """A retained reading of a removed sensor or watch is cleared; those of other nodes stay."""
    pi = node([plans.contact()], [plans.watch()])
    kept = ["sensor/garage", "sensor/old", "watch/old", "watch/watch", "health"]
    published = connect(pi, retained=[(f"home/pi/{path}", "x") for path in kept] + [("home/shed/sensor/old", "x")])
    assert published == [("sensor/old", ""), ("watch/old", "")]


def test_waiting_messages_are_dropped_on_a_new_connection(node):
    """Everything is published again there, and nothing older may come after it."""
    pi = node()
    pi.outgoing.put(OutgoingMessage("home/pi/sensor/garage", "open"))
    assert connect(pi) == []


def test_discovery_is_published_once(node):
    """A first discovery message is published; one that the broker has already is not."""
    pi = node(announcement=discovery("a"))
    assert connect(pi) == [(TOPIC, discovery("a"))]
    pi.session.deliver(TOPIC, discovery("a").encode(), is_retained=False)  # the own one comes back
    assert connect(pi, kept=discovery("a")) == []


def test_removed_component_is_removed_from_home_assistant(node, caplog):
    """A removed component is published once with its platform alone, which removes it, and then left out."""
    pi = node(announcement=discovery("a", "c"))
    first, second = connect(pi, kept=discovery("a", "b"))
    assert json.loads(first[1])["cmps"] == {
        "a": {"p": "sensor", "x": 1},
        "c": {"p": "sensor", "x": 1},
        "b": {"p": "sensor"},
    }
    assert second == (TOPIC, discovery("a", "c"))
    for _, payload in (first, second):
        pi.session.deliver(TOPIC, payload.encode(), is_retained=False)
    assert caplog.messages == []


def test_discovery_off_clears_the_message(node):
    """Without discovery an earlier message of this node is cleared; without one nothing is published."""
    pi = node(announcement="")
    assert connect(pi, kept=discovery("a")) == [(TOPIC, "")]
    assert connect(pi) == []


def test_foreign_discovery_message_is_not_overwritten(node, caplog):
    """A message of another program on this node's topic is logged once and not overwritten."""
    pi = node(announcement=discovery("a"))
    for kept in (discovery("x", origin="zigbee2mqtt"), "[1, 2", '{"cmps": 5}', "[" * 100_000):
        assert connect(pi, kept=kept) == []
    assert len(caplog.messages) == 1
    assert f"Another program's discovery message is retained on {TOPIC}" in caplog.text
    quiet = node(announcement="")
    assert connect(quiet, kept="{}") == []
    assert len(caplog.messages) == 1


def test_home_assistant_starts(node):
    """When Home Assistant starts, an event is put and the discovery message is published again."""
    pi = node(announcement=discovery("a"))
    connect(pi)
    pi.session.deliver("homeassistant/status", b"offline", is_retained=False)
    pi.session.deliver("homeassistant/status", b"online", is_retained=False)
    assert pi.events == [LinkChanged(0, "home assistant", 0), LinkChanged(0, "home assistant", 1)]
    assert pi.published() == [(TOPIC, discovery("a"))]


def test_status_of_another_client_is_corrected(node, caplog):
    """A status of another client with the same name is logged once, and a wrong one corrected."""
    pi = node()
    connect(pi)
    pi.session.deliver("home/pi/status", b"asleep", is_retained=False)
    assert pi.published() == [("status", "online")]
    pi.session.deliver("home/pi/status", b"online", is_retained=False)  # the own one comes back
    assert caplog.messages == [
        "Another client publishes 'asleep' as the status of the node 'pi': give each node its own name in [node]."
    ]
    pi.session.deliver("home/pi/status", b"online", is_retained=False)  # from the other client
    assert pi.published() == []
    assert len(caplog.messages) == 1


def test_own_last_will_is_no_other_client(node, caplog):
    """The last will of this node, once on each connection, is corrected without a warning; a second one is not ours."""
    pi = node()
    for _ in range(2):
        connect(pi)
        pi.session.deliver("home/pi/status", b"offline", is_retained=False)
        assert pi.published() == [("status", "online")]
        pi.session.deliver("home/pi/status", b"online", is_retained=False)
        assert caplog.messages == []
    pi.session.deliver("home/pi/status", b"offline", is_retained=False)
    assert "Another client publishes 'offline'" in caplog.text


def test_refused_status_does_not_stop_discovery(node):
    """If the broker refuses the subscription to the own status, the discovery message is published nevertheless."""
    pi = node(announcement=discovery("a"))
    pi.session.on_connected(lambda _: None)
    pi.session.on_refused("home/pi/status")
    assert pi.published() == [(TOPIC, discovery("a"))]


def test_publish_queue_keeps_order_and_is_bounded():
    """Beyond the capacity only the newest message of each topic is kept; the earlier ones keep their order."""
    queue = PublishQueue()
    calls = []
    queue.on_not_empty = lambda: calls.append(1)
    for number in range(COALESCE_FROM + 500):
        queue.put(OutgoingMessage("t", str(number)))
    queue.put_latest(OutgoingMessage("u", "1"))
    queue.put_latest(OutgoingMessage("u", "2"))
    popped = []
    while (message := queue.pop()) is not None:
        popped.append((message.topic, message.payload))
    assert popped == [("t", str(number)) for number in range(COALESCE_FROM)] + [
        ("t", str(COALESCE_FROM + 499)),
        ("u", "2"),
    ]
    assert calls == [1]
