"""Unknown is unknown: why a value cannot be shown, for how long, and what it costs to show that."""

import pytest

from pushglance.core.commands import SaveSensors
from pushglance.core.events import (
    AvailabilityChanged,
    ClockSet,
    EdgeSeen,
    LinkChanged,
    PulsesSeen,
    Stopping,
    ValueSeen,
)
from support import plans
from support.core_harness import CoreHarness

WALL = 1_795_425_600_000
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
KINDS = {
    "contact": (plans.topic_contact("it"), "open", "Garage open"),
    "counter": (plans.counter("it", source="mqtt", counts="total", resets="never"), "12", "12"),
    "gauge": (plans.gauge("it"), "55", "55"),
    "text": (plans.text("it"), "hello", "hello"),
}


def harness_of(sensor, *more, memory=None, parts=None, **changes):
    """Return a harness whose watch shows the first sensor, with a broker."""
    watch = plans.watch(spacing_ms=0, text=parts or [[sensor["name"], ""]])
    return CoreHarness(plans.plan([sensor, *more], [watch], mqtt=plans.mqtt(), **changes), memory)


def shown(harness):
    return harness.screens.get("watch", {}).get("text")


def stored(harness, at_ms):
    harness.feed(Stopping(at_ms))
    states = {}
    for command in harness.commands:
        if isinstance(command, SaveSensors):
            states |= command.states
    return {"sensors": states, "watches": {"watch": {"shown": dict(harness.screens["watch"])}}}


@pytest.mark.parametrize("kind", KINDS)
def test_offline_device_is_unknown_until_its_next_value(kind):
    """While the availability topic says offline "?" is shown; "online" alone does not bring the old value back."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor)
    it = harness.decider.sensors["it"]
    harness.feed(ValueSeen(0, "it", text, 0), AvailabilityChanged(MINUTE, "it", "offline", 0))
    harness.pass_to(HOUR)
    assert (shown(harness), it.reading(), it.unknown) == ("?", "unknown", "offline")
    harness.feed(AvailabilityChanged(2 * HOUR, "it", "offline", 1))
    harness.pass_to(3 * HOUR)
    assert (shown(harness), it.reading()) == ("?", "unknown")
    harness.feed(ValueSeen(3 * HOUR, "it", text, 0))
    harness.pass_to(4 * HOUR)
    assert (shown(harness), it.reading(), it.unknown) == (value, text, "")


@pytest.mark.parametrize("retained", [0, 1])
def test_value_before_online_counts_unless_it_is_retained(retained):
    """A device sends its value and is then reported as online; a retained value may be older than its absence."""
    harness = harness_of(plans.topic_contact())
    harness.feed(AvailabilityChanged(0, "garage", "offline", 0), ValueSeen(1, "garage", "open", retained))
    assert harness.decider.sensors["garage"].reading() == "unknown"
    harness.feed(AvailabilityChanged(2, "garage", "offline", 1))
    assert harness.decider.sensors["garage"].reading() == ("unknown" if retained else "open")


@pytest.mark.parametrize("kind", KINDS)
def test_reported_unknown_ends_with_the_next_value(kind):
    """A word that means unknown is shown as "?", also as the first message; any next value ends it."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor)
    harness.feed(AvailabilityChanged(0, "it", "reported", 0))
    harness.pass_to(MINUTE)
    assert shown(harness) == "?"
    harness.feed(ValueSeen(MINUTE, "it", text, 1))
    harness.pass_to(2 * HOUR)
    assert shown(harness) == value


@pytest.mark.parametrize("kind", KINDS)
def test_value_without_a_message_is_stale(kind):
    """Every kind of sensor on a topic can be stale; a retained message with the same value ends nothing."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor | {"stale_ms": HOUR})
    harness.feed(ValueSeen(0, "it", text, 0), ValueSeen(HOUR // 2, "it", text, 0))
    harness.pass_to(HOUR + MINUTE)
    assert shown(harness) == value
    harness.pass_to(2 * HOUR)
    assert (shown(harness), harness.decider.sensors["it"].unknown) == ("?", "stale")
    harness.feed(ValueSeen(2 * HOUR, "it", text, 1))
    harness.pass_to(3 * HOUR)
    assert shown(harness) == "?"
    harness.feed(ValueSeen(3 * HOUR, "it", text, 0))
    harness.pass_to(3 * HOUR + MINUTE)
    assert shown(harness) == value


@pytest.mark.parametrize("kind", KINDS)
def test_topics_are_unknown_after_five_minutes_without_the_broker(kind):
    """A short outage costs nothing; after five minutes "?" is shown until the next message, retained or not."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor, plans.contact("pin"))
    harness.feed(LinkChanged(0, "mqtt", 1), ValueSeen(0, "it", text, 0), EdgeSeen(0, "pin", 1))
    harness.feed(LinkChanged(HOUR, "mqtt", 0), LinkChanged(HOUR + 4 * MINUTE, "mqtt", 1))
    harness.pass_to(2 * HOUR)
    assert len(harness.pushes) == 1
    harness.feed(LinkChanged(2 * HOUR, "mqtt", 0), LinkChanged(2 * HOUR + MINUTE, "mqtt", 0))
    harness.pass_to(2 * HOUR + 5 * MINUTE - 1)
    assert harness.decider.sensors["it"].reading() == text
    harness.pass_to(3 * HOUR)
    assert (shown(harness), harness.decider.sensors["it"].unknown) == ("?", "broker")
    assert harness.decider.sensors["pin"].reading() == "open"
    harness.feed(LinkChanged(3 * HOUR, "mqtt", 1))
    assert harness.decider.sensors["it"].reading() == "unknown"
    harness.feed(ValueSeen(3 * HOUR + 1, "it", text, 1))
    harness.pass_to(4 * HOUR)
    assert shown(harness) == value


def test_count_of_messages_comes_back_with_the_broker():
    """What a counter has counted is right again without a new message: no message holds a total."""
    harness = harness_of(plans.counter(source="mqtt", counts="messages", resets="never"))
    harness.feed(PulsesSeen(0, "visitors", 3), LinkChanged(0, "mqtt", 0))
    harness.pass_to(HOUR)
    assert shown(harness) == "?"
    harness.feed(LinkChanged(HOUR, "mqtt", 1))
    harness.pass_to(2 * HOUR)
    assert shown(harness) == "3"


def test_first_telegram_of_a_meter_is_awaited():
    """A total that was never reported is not 0: nothing is pushed."""
    harness = harness_of(plans.counter(source="mqtt", counts="total", resets="never"))
    harness.pass_to(HOUR)
    assert (harness.pushes, harness.decider.sensors["visitors"].reading()) == ([], "unknown")


def test_text_with_a_silent_sensor_shows_the_others():
    """After ten seconds a field is shown with "?" for a sensor that was never heard, and completed later."""
    harness = harness_of(plans.topic_contact(), plans.gauge(), parts=[["garage", ""], ", ", ["tank", ""], " W"])
    harness.feed(ValueSeen(0, "garage", "open", 1))
    harness.pass_to(10 * SECOND - 1)
    assert harness.pushes == []
    harness.pass_to(MINUTE)
    assert shown(harness) == "Garage open, ? W"
    harness.feed(ValueSeen(HOUR, "tank", "7", 0))
    harness.pass_to(2 * HOUR)
    assert shown(harness) == "Garage open, 7 W"
    assert len(harness.pushes) == 2


def test_value_within_ten_seconds_costs_one_push():
    """First values that arrive shortly after the start are shown together."""
    harness = harness_of(plans.topic_contact(), plans.gauge(), parts=[["garage", ""], ", ", ["tank", ""], " W"])
    harness.feed(ValueSeen(0, "garage", "open", 1), ValueSeen(5 * SECOND, "tank", "7", 0))
    harness.pass_to(HOUR)
    assert [push[2] for push in harness.pushes] == [{"text": "Garage open, 7 W"}]


@pytest.mark.parametrize("event", [ValueSeen(MINUTE, "garage", "open", 1), ValueSeen(MINUTE, "garage", "open", 0)])
def test_first_value_has_no_invented_time(event):
    """A door that is open when the agent hears of it first may be open since yesterday."""
    harness = harness_of(plans.topic_contact(), parts=[["garage", ""], " since ", ["garage", "since"]])
    harness.feed(ClockSet(0, WALL, 0), event)
    harness.pass_to(HOUR)
    assert shown(harness) == "Garage open since ?"


def test_change_that_is_seen_has_a_time_and_keeps_it_through_unknown():
    """A live message after another value dates the change; being away with the same value does not change that."""
    harness = harness_of(plans.topic_contact(), parts=[["garage", "since"]])
    harness.feed(ClockSet(0, WALL, 0), ValueSeen(0, "garage", "closed", 1), ValueSeen(MINUTE, "garage", "open", 0))
    harness.pass_to(HOUR)
    assert shown(harness) == "09:21"
    harness.feed(
        AvailabilityChanged(HOUR, "garage", "offline", 0), AvailabilityChanged(2 * HOUR, "garage", "offline", 1)
    )
    harness.feed(ValueSeen(2 * HOUR, "garage", "open", 0))
    harness.pass_to(3 * HOUR)
    assert shown(harness) == "09:21"


def test_left_open_counts_through_unknown():
    """A door that was open before and after its sensor was away gives one message, and none while it is away."""
    sensor = plans.topic_contact()
    harness = harness_of(sensor, messages=plans.messages(after_ms=20 * MINUTE))
    messages = lambda: [push for push in harness.pushes if push[1] == "messages"]  # noqa: E731 - read again below
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(MINUTE, "garage", "open", 0))
    harness.feed(AvailabilityChanged(10 * MINUTE, "garage", "offline", 0))
    harness.pass_to(40 * MINUTE)
    assert messages() == []
    harness.feed(AvailabilityChanged(41 * MINUTE, "garage", "offline", 1), ValueSeen(41 * MINUTE, "garage", "open", 0))
    harness.pass_to(HOUR)
    assert [(at_ms, sent["message"]) for at_ms, _, sent in messages()] == [
        (41 * MINUTE, "Garage still open (open for 40 min)")
    ]


def test_contact_that_never_settles_is_unknown():
    """Edges faster than the settle time for two minutes are no state; it is known again once it settles."""
    harness = harness_of(plans.contact())
    garage = harness.decider.sensors["garage"]
    harness.feed(EdgeSeen(0, "garage", 1))
    harness.pass_to(MINUTE)
    for at_ms in range(MINUTE, 4 * MINUTE, 100):
        harness.feed(EdgeSeen(at_ms, "garage", at_ms // 100 % 2))
        if at_ms == 3 * MINUTE - 100:
            assert garage.reading() == "open"
    assert (garage.reading(), garage.unknown) == ("unknown", "unsettled")
    harness.pass_to(HOUR)
    assert (garage.reading(), garage.unknown) == ("open", "")


def test_long_hold_of_one_direction_is_no_chatter():
    """A motion sensor that is held open for ten minutes settles with each movement, however long they go on."""
    harness = harness_of(plans.contact(settle_open_ms=0, settle_closed_ms=10 * MINUTE))
    for at_ms in range(0, 5 * HOUR, MINUTE):
        harness.feed(EdgeSeen(at_ms, "garage", at_ms // MINUTE % 2))
    assert harness.decider.sensors["garage"].reading() == "open"


def test_pin_that_cannot_be_read_is_unknown_until_its_level_is():
    """The cause is kept for people; the level after it is a reading with an unknown time."""
    harness = harness_of(plans.contact(), parts=[["garage", ""], ["garage", "since"]])
    garage = harness.decider.sensors["garage"]
    harness.feed(ClockSet(0, WALL, 0), AvailabilityChanged(0, "garage", "input", 0, "GPIO 17 is in use"))
    harness.pass_to(MINUTE)
    assert (shown(harness), garage.unknown, garage.detail) == ("??", "input", "GPIO 17 is in use")
    harness.feed(AvailabilityChanged(HOUR, "garage", "input", 1), EdgeSeen(HOUR, "garage", 1))
    harness.pass_to(2 * HOUR)
    assert (shown(harness), garage.unknown, garage.detail) == ("Garage open?", "", "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cause", ["offline", "reported"])
def test_unknown_survives_a_restart(kind, cause):
    """A restart shows no old value: "?" stays until the next value, and costs no push."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor)
    harness.feed(ValueSeen(0, "it", text, 0), AvailabilityChanged(MINUTE, "it", cause, 0))
    harness.pass_to(HOUR)
    again = harness_of(sensor, memory=stored(harness, HOUR))
    again.pass_to(HOUR)
    assert again.pushes == []
    again.feed(ValueSeen(HOUR, "it", text, 1))
    again.pass_to(2 * HOUR)
    assert shown(again) == value


def test_going_and_coming_back_is_no_news():
    """For an urgent contact, too, "?" and the same value afterwards wait for the spacing."""
    sensor = plans.topic_contact()
    harness = CoreHarness(plans.plan([sensor], [plans.watch(spacing_ms=20 * MINUTE)]))
    harness.feed(ValueSeen(0, "garage", "open", 0))
    harness.pass_to(MINUTE)
    harness.feed(AvailabilityChanged(2 * MINUTE, "garage", "offline", 0))
    harness.feed(AvailabilityChanged(3 * MINUTE, "garage", "offline", 1), ValueSeen(3 * MINUTE, "garage", "open", 0))
    harness.pass_to(HOUR)
    assert len(harness.pushes) == 1
    harness.feed(
        AvailabilityChanged(HOUR, "garage", "offline", 0), AvailabilityChanged(HOUR + MINUTE, "garage", "offline", 1)
    )
    harness.pass_to(HOUR + 2 * MINUTE)
    harness.feed(ValueSeen(HOUR + 2 * MINUTE, "garage", "closed", 0))
    assert harness.pushes[-1] == (HOUR + 2 * MINUTE, "watch", {"text": "Garage closed"}), "a change is news"


@pytest.mark.parametrize("kind", ["gauge", "counter"])
def test_number_that_is_missing_for_an_hour_is_unknown(kind):
    """Messages without the value change nothing for an hour; then the number is unknown, until the next value."""
    sensor, text, value = KINDS[kind]
    harness = harness_of(sensor)
    it = harness.decider.sensors["it"]
    harness.feed(ValueSeen(0, "it", text, 0))
    for minute in range(1, 60):
        harness.feed(AvailabilityChanged(minute * MINUTE, "it", "missing", 0))
    assert (it.reading(), it.unknown) == (text, "")
    harness.feed(AvailabilityChanged(HOUR, "it", "missing", 0))
    assert (it.reading(), it.unknown) == ("unknown", "missing")
    harness.pass_to(2 * HOUR)
    memory = stored(harness, 2 * HOUR)
    assert harness_of(sensor, memory=memory).decider.sensors["it"].unknown == "missing"
    harness.feed(ValueSeen(2 * HOUR, "it", text, 0))
    harness.pass_to(3 * HOUR)
    assert (shown(harness), it.unknown) == (value, "")


@pytest.mark.parametrize("kind", KINDS)
def test_stale_after_is_the_limit_for_a_missing_value(kind):
    """Messages without the value do not keep it fresh, and do not end it before `stale_after`."""
    sensor, text, _ = KINDS[kind]
    harness = harness_of(sensor | {"stale_ms": 3 * HOUR})
    it = harness.decider.sensors["it"]
    harness.feed(ValueSeen(0, "it", text, 0))
    for at_ms in (HOUR, 2 * HOUR, 3 * HOUR - 1):
        harness.feed(AvailabilityChanged(at_ms, "it", "missing", 0))
        assert it.reading() == text
    harness.feed(AvailabilityChanged(3 * HOUR, "it", "missing", 0))
    assert (it.reading(), it.unknown) == ("unknown", "stale")


@pytest.mark.parametrize("kind", ["contact", "text"])
def test_state_that_is_missing_stays(kind):
    """Devices report a contact or a text when it changes: without `stale_after` other messages do not end it."""
    sensor, text, _ = KINDS[kind]
    harness = harness_of(sensor)
    harness.feed(ValueSeen(0, "it", text, 0), AvailabilityChanged(50 * HOUR, "it", "missing", 0))
    assert harness.decider.sensors["it"].reading() == text
