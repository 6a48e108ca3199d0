"""From messages to events: which sensors a message is for, and what each of them makes of it."""

import pytest

from pushglance.core.events import AvailabilityChanged, NodeChanged, PulsesSeen, ValueSeen, ValueUnreadable
from pushglance.core.sensors.sensor import REPORTED
from pushglance.core.wire.event_buffer import EventBuffer
from pushglance.core.wire.message_router import MessageRouter
from support import plans


@pytest.fixture
def buffer():
    return EventBuffer(100)


@pytest.fixture
def router(buffer):
    """Return a function that creates a router for sensors; its clock is at 7 ms."""
    return lambda *sensors, **options: MessageRouter(sensors, buffer, lambda: 7, **options)


def test_a_message_is_for_every_sensor_that_matches(router, buffer):
    """Exact topics and wildcards both match; each sensor reads the payload in its own way."""
    tank = plans.gauge("tank", topic="garden/tank", pointer="/level")
    note = plans.text("note", topic="garden/+")
    messages = router(tank, note)
    assert messages.deliver("garden/tank", b'{"level": 6.30}', False) == 2
    assert messages.deliver("other", b"1", False) == 0
    assert buffer.pop_all() == [ValueSeen(7, "tank", "6.30", 0), ValueSeen(7, "note", '{"level": 6.30}', 0)]


def test_an_unreadable_message_is_counted_with_its_reason(router, buffer):
    """A message without a value, or one that was too long to be read, is counted; at most one such event waits."""
    reasons = []
    messages = router(plans.gauge("tank", topic="t"), on_unreadable=lambda *reason: reasons.append(reason))
    messages.deliver("t", b"x", False)
    messages.deliver("t", None, False)
    assert buffer.pop_all() == [ValueUnreadable(7, "tank", 2)]
    messages.deliver("t", b"1", False)
    messages.deliver("t", b"2", False)
    assert reasons == [
        ("tank", "it is not a decimal number", b"x"),
        ("tank", "it is too long", None),
        ("tank", "", b"1"),
    ]


def test_retained_messages_are_marked_or_ignored(router, buffer):
    """A retained value is marked, does not replace a live one, never counts as a pulse, and can be ignored."""
    messages = router(
        plans.gauge("tank", topic="t"),
        plans.gauge("live", topic="t", retained="ignore"),
        plans.counter("bell", source="mqtt", topic="t", pointer="", counts="messages"),
    )
    messages.deliver("t", b"1", False)
    messages.deliver("t", b"2", True)
    assert buffer.pop_all() == [
        ValueSeen(7, "tank", "1", 0),
        ValueSeen(7, "live", "1", 0),
        PulsesSeen(7, "bell", 1),
        ValueSeen(7, "tank", "2", 1),
    ]


def test_every_change_of_a_contact_waits(router, buffer):
    """Of other sensors only the newest value waits."""
    messages = router(plans.topic_contact("door", topic="d"), plans.text("note", topic="n"))
    for word in (b"open", b"closed", b"open"):
        messages.deliver("d", word, False)
        messages.deliver("n", word, False)
    assert [event.text for event in buffer.pop_all()] == ["open", "closed", "open", "open"]


def test_a_nodes_status_becomes_an_event(router, buffer):
    """Any status but "online" means that the node is not available; its topic is subscribed with QoS 1."""
    messages = router(plans.of_node("garage", "pi", qos=0))
    assert messages.nodes == {"home/pi/status": "pi"}
    assert dict(messages.subscriptions()) == {"home/pi/sensor/garage": 0, "home/pi/status": 1}
    messages.deliver("home/pi/status", b"online", True)
    assert buffer.pop_all() == [NodeChanged(7, "pi", 1)]
    for status in (b"offline", b"", b"\xff", None):
        messages.deliver("home/pi/status", status, True)
        assert buffer.pop_all() == [NodeChanged(7, "pi", 0)]


def test_a_filter_is_matched_once(router):
    """A message whose topic is written like a filter is delivered once."""
    assert router(plans.text("note", topic="a/+")).deliver("a/+", b"x", False) == 1


def counted(router, buffer, messages, **keys):
    """Return what a counter on the topic t has counted after these payloads."""
    counter = plans.counter("c", source="mqtt", topic="t", qos=1, **{"pointer": "", "counts": "messages"} | keys)
    receiver = router(counter)
    for payload in messages:
        receiver.deliver("t", payload, False)
    return sum(event.pulses for event in buffer.pop_all() if isinstance(event, PulsesSeen))


PRESSED, EMPTY, BATTERY = b'{"action":"pressed"}', b'{"action":""}', b'{"battery":97}'


@pytest.mark.parametrize(
    ("messages", "keys", "count"),
    [
        ([b"ring", b"", b"ring", b""], {}, 2),
        ([PRESSED, EMPTY, EMPTY, EMPTY, BATTERY, b'{"action":null}', b"{"], {"pointer": "/action"}, 1),
        ([PRESSED, EMPTY] * 3 + [BATTERY], {"pointer": "/action", "count_payloads": ["pressed"]}, 3),
        ([b"ON", b"OFF", b" on ", b"\xff", None], {"count_payloads": ["on"]}, 2),
        ([b"ON\0", b'"on"'], {"count_payloads": ["on"]}, 2),
        ([b"3", b"2", b"5", b"x", b"-4", b'"1.5"'], {"counts": "increments"}, 11_500_000),
        ([b'{"n":0.2794}'] * 3, {"counts": "increments", "pointer": "/n"}, 838_200),
    ],
)
def test_only_pulses_are_counted(router, buffer, messages, keys, count):
    """An empty payload, one without the value and one that is not listed are no pulses; increments add up."""
    assert counted(router, buffer, messages, **keys) == count


def test_pulses_within_the_dead_time_are_one(buffer):
    """Messages that follow one another within the dead time count as one, however long they go on."""
    at_ms = [0]
    counter = plans.counter("c", source="mqtt", topic="t", pointer="", counts="messages", dead_ms=1000)
    router = MessageRouter([counter], buffer, lambda: at_ms[0])
    for at_ms[0] in (0, 900, 1800, 2800, 3000, 4100):
        router.deliver("t", b"ring", False)
    assert buffer.pop_all()[-1].pulses == 3


@pytest.mark.parametrize(
    ("where", "payload", "is_read"),
    [
        ([["/id", ["145"]]], b'{"id":145,"t":21}', True),
        ([["/id", ["145"]]], b'{"id":145.0,"t":21}', True),
        ([["/id", ["145"]]], b'{"id":"145","t":21}', True),
        ([["/id", ["145"]]], b'{"id":146,"t":21}', False),
        ([["/id", ["145"]]], b'{"t":21}', False),
        ([["/id", ["145"]]], b"21", False),
        ([["/id", ["145"]]], b"{", False),
        ([["/id", ["145"]]], None, False),
        ([["/id", ["145", "146"]], ["/model", ["Acurite"]]], b'{"id":146,"model":"Acurite","t":21}', True),
        ([["/id", ["145"]], ["/model", ["Acurite"]]], b'{"id":145,"model":"acurite","t":21}', False),
        ([["/on", ["true"]]], b'{"on":true,"t":21}', True),
    ],
)
def test_where_selects_messages(router, buffer, where, payload, is_read):
    """Only a message that has every value of `where` is read; another one is neither a value nor unreadable."""
    messages = router(plans.gauge("g", topic="t", pointer="/t", where=where))
    messages.deliver("t", payload, False)
    assert buffer.pop_all() == ([ValueSeen(7, "g", "21", 0)] if is_read else [])


def test_a_message_without_the_value_is_no_fault_once_the_value_was_there(router, buffer):
    """A pointer that has led to a value is right: a device that reports only what has changed is not unreadable."""
    reasons = []
    messages = router(plans.gauge("x", topic="t", pointer="/x"), on_unreadable=lambda *reason: reasons.append(reason))
    missing = AvailabilityChanged(7, "x", "missing", 0)
    messages.deliver("t", b'{"y": 1}', False)
    assert buffer.pop_all() == [missing, ValueUnreadable(7, "x", 1)]
    assert reasons == [("x", "it has no single value at /x", b'{"y": 1}')]
    messages.deliver("t", b'{"x": 1}', False)
    assert reasons[1:] == [("x", "", b'{"x": 1}')]
    buffer.pop_all()
    messages.deliver("t", b'{"y": 1}', False)
    assert (buffer.pop_all(), len(reasons)) == ([missing], 2)
    messages.deliver("t", b"7", False)  # other than a message that is not an object
    assert buffer.pop_all() == [ValueUnreadable(7, "x", 2)]
    assert reasons[2:] == [("x", "it is not a JSON object", b"7")]


def test_null_is_unknown_at_once(router, buffer):
    """A device that sends null knows that it has no value, other than one that leaves the key out."""
    messages = router(plans.gauge("x", topic="t", pointer="/x"))
    messages.deliver("t", b'{"x": null}', False)
    assert buffer.pop_all() == [AvailabilityChanged(7, "x", REPORTED, 0)]


@pytest.mark.parametrize(("pointer", "payload"), [("/action", b'{"action":""}'), ("", b""), ("", b'""')])
def test_the_end_of_an_event_changes_nothing(router, buffer, pointer, payload):
    """The empty event after a press is neither a fault nor unknown, and does not close what `hold` keeps open."""
    reasons = []
    bell = plans.topic_contact("bell", topic="t", pointer=pointer, hold_ms=300_000)
    messages = router(bell, on_unreadable=lambda *reason: reasons.append(reason))
    messages.deliver("t", payload, False)
    assert (buffer.pop_all(), reasons) == ([], [])
