"""Settings as people write them, against the messages that devices send: what is shown of each sensor, row by row."""

import pytest

from pushglance.core.events import EdgeSeen, PulsesSeen
from pushglance.plan.plan_warnings import plan_warnings
from pushglance.runtime.inputs.file.file_input import FileInput
from support.homes.sensor_home import Home
from support.settings_files import load, write

__all__ = ["load", "write"]

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000


@pytest.fixture
def home(load):
    """Return a function that makes a Home of the lines of its sensor."""
    return lambda lines: Home(load, lines)


CONTACT = 'kind = "contact"\nmqtt = "t"\n'
GAUGE = 'kind = "gauge"\nmqtt = "t"\n'
TEXT = 'kind = "text"\nmqtt = "t"\n'
COUNTER = 'kind = "counter"\nmqtt = "t"\nresets = "never"\n'
TOTAL = COUNTER + 'counts = "total"\n'
VALUE = 'value = "/x"\n'
ACTION = 'value = "/action"\n'
PRESSED = '{"action":"pressed"}'

ROWS = {
    "a contact that Home Assistant reports as unavailable": (CONTACT, ["open", "unavailable"], "?"),
    "nan": (GAUGE, ["5", "nan"], "?"),
    "None": (GAUGE, ["5", "None"], "?"),
    "null": (GAUGE, ["5", "null"], "?"),
    "null in JSON": (GAUGE + VALUE, ['{"x":5}', '{"x":null}'], "?"),
    "null for a contact": (CONTACT + VALUE, ['{"x":"open"}', '{"x":null}'], "?"),
    "null for a total": (TOTAL + VALUE, ['{"x":5}', '{"x":null}'], "?"),
    "null for a text": (TEXT + VALUE, ['{"x":"on"}', '{"x":null}'], "?"),
    "own words": (GAUGE + 'unknown_payloads = ["-999"]\n', ["5", "-999"], "?"),
    "own words replace the others": (TEXT + "unknown_payloads = []\n", ["5", "unknown"], "unknown"),
    "a total before its first telegram": (TOTAL, [], None),
    "another key": (GAUGE + VALUE, ['{"x":5}', '{"y":7}'], "5"),
    "a number that is missing for an hour": (GAUGE + VALUE, ['{"x":5}', *['{"y":7}'] * 60], "?"),
    "a total that is missing for an hour": (TOTAL + VALUE, ['{"x":5}', *['{"y":7}'] * 60], "?"),
    "a number that is missing for less": (GAUGE + VALUE, ['{"x":5}', *['{"y":7}'] * 59], "5"),
    "a number that comes at times": (GAUGE + VALUE, ['{"x":5}', *['{"y":7}'] * 40, '{"x":6}', *['{"y":7}'] * 40], "6"),
    "a contact in changes": (CONTACT + VALUE, ['{"x":"open"}', *['{"y":7}'] * 200], "Open"),
    "a contact with stale_after": (
        CONTACT + VALUE + 'stale_after = "1h"\n',
        ['{"x":"open"}', *['{"y":7}'] * 60],
        "?",
    ),
    "a glitch to 0": (TOTAL, ["15000", "15010", "0", "15011"], "15011"),
    "an older total": (TOTAL, ["483", "310", "311", "312"], "485"),
    "repeats of small totals": (TOTAL, ["0", "1", "2", "1", "2"], "2"),
    "Wh as kWh": (TOTAL + "multiply = 0.001\ndecimals = 2\n", ["471100", "472600"], "472.60"),
    "0.01 m3 a pulse": (COUNTER + "multiply = 0.01\ndecimals = 2\n", ["x"] * 7, "0.07"),
    "increments": (COUNTER + 'counts = "increments"\n', ["3", "2", "5"], "10"),
    "increments and a heartbeat": (
        COUNTER + VALUE + 'counts = "increments"\n',
        ['{"x":3}', '{"battery":97}', '{"x":2}'],
        "5",
    ),
    "a doorbell": (
        COUNTER + ACTION + 'count_payloads = ["pressed"]\n',
        [PRESSED, '{"action":""}'] * 3 + ['{"battery":97}'],
        "3",
    ),
    "a doorbell by its key alone": (COUNTER + ACTION, [PRESSED, '{"action":""}'] * 3 + ['{"battery":97}'], "3"),
    "empty payloads": (COUNTER, ["ring", "", "ring", ""], "2"),
    "a C string": (GAUGE + "decimals = 1\n", ["21.5\0"], "21.5"),
    "a C string of a contact": (CONTACT, ["ON\0"], "Open"),
    "a JSON string": (TEXT, ['"home"'], "home"),
    "a DS18B20 without power": (
        GAUGE + "decimals = 1\nvalid = { min = -50, max = 84.9 }\n",
        ["54.3", "85.0", "-127"],
        "54.3",
    ),
    "a spike": (GAUGE + "valid = { max_step = 5 }\n", ["20", "61", "21"], "21"),
    "another language": (TEXT + 'map = { tilted = "gekippt" }\n', ["tilted"], "gekippt"),
    "an enum": (TEXT + 'map = { 0 = "off", 2 = "Turbo" }\n', ["2"], "Turbo"),
    "the neighbour's sensor": (
        GAUGE + 'value = "/t"\nwhere = { "/id" = 145 }\n',
        ['{"id":145,"t":4}', '{"id":12,"t":30}'],
        "4",
    ),
    "a washing machine": (
        CONTACT + 'open_above = 5\nhysteresis = 1\nopen = "washing"\n',
        ["4", "182", "4.5"],
        "washing",
    ),
    "a washed machine": (CONTACT + 'open_above = 5\nhysteresis = 1\nclosed = "idle"\n', ["182", "3"], "idle"),
    "a bell and its end": (
        CONTACT + ACTION + 'open_payloads = ["pressed"]\nhold = "5min"\n',
        [PRESSED, '{"action":""}'],
        "Open",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_shown_after_these_messages(home, row):
    """Each row: the settings of a sensor, its messages one minute apart, and the text on the watch."""
    lines, messages, shown = ROWS[row]
    it = home(lines)
    it.send(*messages)
    assert it[""] == shown
    if shown == "?":
        assert it.reading == "unknown"


def test_retained_state_has_no_invented_time(home):
    """The hour of a change that was not seen is unknown; with `since` the message names it."""
    it = home(CONTACT)
    it.send("open", is_retained=True)
    assert it["since"] == "?"
    dated = home(CONTACT + VALUE + 'since = "/last_seen"\n')
    dated.send('{"x":"open","last_seen":"2026-11-23T09:05:00Z"}', is_retained=True)
    assert dated["since"] == "10:05"


@pytest.mark.parametrize("payloads", [("online", "offline"), ('{"state":"online"}', '{"state":"offline"}')])
@pytest.mark.parametrize("kind", [CONTACT, GAUGE, TEXT, TOTAL])
def test_device_that_is_away_is_unknown_until_its_next_value(home, kind, payloads):
    """Availability has the same two forms for every kind."""
    value = "open" if kind == CONTACT else "1"
    it = home(kind + 'availability = "t/availability"\n')
    it.send(payloads[0], topic="t/availability")
    it.send(value)
    it.send(payloads[1], topic="t/availability")
    assert (it[""], it.reading) == ("?", "unknown")
    it.send(payloads[0], topic="t/availability")
    it.send(value)
    assert it.reading == value


@pytest.mark.parametrize("kind", [CONTACT, GAUGE, TEXT, TOTAL])
def test_every_kind_can_be_stale(home, kind):
    """stale_after makes each kind unknown after that time, a contact, too."""
    it = home(kind + 'stale_after = "1h"\n')
    it.send("open" if kind == CONTACT else "1")
    it.wait(HOUR)
    assert (it[""], it.reading) == ("?", "unknown")


def test_contact_that_chatters_for_minutes_is_unknown(home):
    """A contact that changes faster than it can settle is not shown as open all along."""
    it = home('kind = "contact"\ngpio = 17\nsettle = "2s"\n')
    it.harness.feed(EdgeSeen(0, "x", 1))
    it.wait(MINUTE)
    for number in range(60 * 20):
        it.wait(SECOND // 2)
        it.harness.feed(EdgeSeen(it.harness.now_ms, "x", number % 2))
    assert it[""] == "?"


def test_tips_of_rain_are_exact(home):
    """0.2794 mm a tip, added without a rounding error."""
    it = home('kind = "counter"\ngpio = 17\nmultiply = 0.2794\ndecimals = 1\nunit = "mm"\nresets = "never"\n')
    it.harness.feed(PulsesSeen(1, "x", 1000))
    assert it[""] == "279.4"


def test_power_comes_from_pulses(home):
    """A pulse every two seconds of 1000 a kWh is 1800 W."""
    rate = 'rate = { per = "1h", multiply = 1000 }\n'
    it = home('kind = "counter"\ngpio = 17\nmultiply = 0.001\ndecimals = 3\nunit = "kWh"\n' + rate)
    for number in range(1, 60):
        it.wait(2 * SECOND)
        it.harness.feed(PulsesSeen(it.harness.now_ms, "x", number))
    assert it["rate"] == "1800"


def test_bell_of_one_second_is_one_ring(home):
    """What chatters with 50 Hz is one pulse within its dead time."""
    it = home(COUNTER + 'dead_time = "2s"\n')
    it.send(*["ring"] * 50, every_ms=20)
    assert it[""] == "1"


@pytest.mark.parametrize(("level", "shown"), [("24.9", "cold"), ("25.1", "hot")])
def test_a_file_can_be_a_contact(load, level, shown):
    """open_above makes a contact of the number in a file, as of one on a topic."""
    lines = 'kind = "contact"\nfile = "/sys/class/thermal/x"\nopen_above = 25\n'
    it = Home(load, lines + 'settle = "0s"\nopen = "hot"\nclosed = "cold"\n')
    source = FileInput(it.plan["sensors"][0], it.buffer, lambda: it.harness.now_ms)
    source.deliver(level.encode())
    it.harness.feed(*it.buffer.pop_all())
    it.wait(MINUTE)
    assert it[""] == shown


@pytest.mark.parametrize(
    ("pin", "use"),
    [(4, "is the 1-Wire bus"), (18, "is the sound"), (19, "is the sound"), (20, "is the sound"), (21, "is the sound")],
)
def test_pins_with_another_use_have_a_caution(load, pin, use):
    """`check` names what else uses a pin, and advises another one; GPIO17 has no caution."""
    text = '[sensors.x]\nkind = "contact"\ngpio = {}\n[glance]\ntext = "{{x}}"\n'
    (warning,) = plan_warnings(load(text.format(pin)))
    assert warning.startswith(f"GPIO{pin} of x {use}")
    assert warning.endswith("another pin is safer")
    assert list(plan_warnings(load(text.format(17)))) == []
