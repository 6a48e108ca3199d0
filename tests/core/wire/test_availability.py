"""Availability topics: the forms in which zigbee2mqtt, Tasmota and others say that a device is away."""

import pytest

from pushglance.core.wire.event_buffer import EventBuffer
from pushglance.core.wire.message_router import MessageRouter
from support import plans


def events_of(availability, payload, topic="a"):
    """Return the events of one message on the availability topic of a door."""
    queue = EventBuffer(100)
    door = plans.topic_contact("door", availability=availability | {"pointer": availability.get("pointer", "")})
    router = MessageRouter([door, plans.gauge()], queue, lambda: 5)
    assert ("a", 1) in router.subscriptions() or topic != "a"
    router.deliver(topic, payload, is_retained=True)
    return [event.as_list() for event in queue.pop_all()]


@pytest.mark.parametrize(
    ("payload", "is_online"),
    [
        (b"online", 1),
        (b"offline", 0),
        (b'{"state":"offline"}', 0),  # zigbee2mqtt
        (b'{"state":"online"}', 1),
        (b"Online", 1),  # Tasmota
        (b"Offline", 0),
        (b"true", 1),  # Shelly
        (b"false", 0),
        (b"ready", 1),  # Homie
        (b"lost", 0),
    ],
)
def test_default_forms(payload, is_online):
    """The usual words are read without any setting."""
    assert events_of({"topic": "a"}, payload) == [["AvailabilityChanged", 5, "door", "offline", is_online, ""]]


@pytest.mark.parametrize("payload", [b"", b"perhaps", b"{", b'{"mode": "offline"}', b"\xff", None])
def test_other_payloads_change_nothing(payload):
    """What says neither is not taken for an absence."""
    assert events_of({"topic": "a"}, payload) == []


def test_words_and_pointer_can_be_chosen():
    """Words of the settings replace the default ones, at any place of a JSON payload."""
    plan = {"topic": "a", "pointer": "/value", "online": ["up"], "offline": ["down"]}
    assert events_of(plan, b'{"value": "Down"}')[0][4] == 0
    assert events_of(plan, b'{"value": "up"}')[0][4] == 1
    assert events_of(plan, b'{"value": "offline"}') == []


def test_value_and_availability_in_one_payload():
    """A message on the topic of the sensor itself can say both."""
    plan = {"topic": "home/garage", "pointer": "/reachable"}
    events = events_of(plan, b'{"reachable": false}', "home/garage")
    assert [event[0] for event in events] == ["AvailabilityChanged", "ValueUnreadable"]
