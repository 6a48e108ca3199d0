"""What is shown for payloads as many kinds of devices and programs send them."""

import pytest

from support.homes.sensor_home import Home
from support.settings_files import load, write

__all__ = ["load", "write"]

CONTACT = 'kind = "contact"\nmqtt = "t"\n'
GAUGE = 'kind = "gauge"\nmqtt = "t"\n'
TEXT = 'kind = "text"\nmqtt = "t"\n'
COUNTER = 'kind = "counter"\nmqtt = "t"\nresets = "never"\n'
INCREMENTS = COUNTER + 'counts = "increments"\n'
TOTAL = COUNTER + 'counts = "total"\n'
ONE_DECIMAL = "decimals = 1\n"
COMMA = "decimal_comma = true\n"

ROWS = {
    # zigbee2mqtt
    "a device that has not reported yet": (CONTACT + 'value = "/contact"\n', ['{"contact":null}'], "?"),
    "an update only": (GAUGE + 'value = "/x"\n', ['{"x":5}', '{"update":{"state":"available"}}'], "5"),
    "a float's noise": (TOTAL + 'value = "/energy"\ndecimals = 2\n', ['{"energy":12.350000000000001}'], "12.35"),
    "minus zero": (GAUGE + 'value = "/power"\n', ['{"power":-0.0}'], "0"),
    # Tasmota
    "a probe that is lost": (
        GAUGE + 'value = "/DS18B20/Temperature"\n',
        ['{"DS18B20":{"Temperature":21.4}}', '{"DS18B20":{"Temperature":null}}'],
        "?",
    ),
    "export of an IR head": (GAUGE + 'value = "/SML/Power_curr"\n', ['{"SML":{"Power_curr":-123}}'], "-123"),
    "one of three phases": (GAUGE + 'value = "/ENERGY/Power/1"\n', ['{"ENERGY":{"Power":[120,30,7]}}'], "30"),
    # Shelly
    "an event of a button": (
        COUNTER + 'value = "/params/events/0/event"\ncount_payloads = ["single_push"]\n',
        ['{"params":{"events":[{"event":"btn_down"}]}}', '{"params":{"events":[{"event":"single_push"}]}}'],
        "1",
    ),
    "watt-minutes": (TOTAL + 'multiply = "1/60000"\ndecimals = 2\n', ["6000000", "6600000"], "110.00"),
    # ESPHome, openHAB, Victron, Home Assistant
    "NaN": (GAUGE, ["5", "NaN"], "?"),
    "UNDEF": (GAUGE, ["5", "UNDEF"], "?"),
    "dashes of a display": (GAUGE, ["5", "--"], "?"),
    "three dashes of a total": (TOTAL, ["5", "---"], "?"),
    "dashes of a text": (TEXT, ["5", "---"], "---"),
    "a unit after a number": (GAUGE + 'payload_unit = "°C"\n' + ONE_DECIMAL, ["21.5 °C"], "21.5"),
    "a unit after a threshold's number": (CONTACT + 'open_above = 5\npayload_unit = "W"\n', ["7 W"], "Open"),
    "a unit after an increment": (INCREMENTS + 'payload_unit = "L"\n', ["5 L", "2 L"], "7"),
    "a cleared topic": (GAUGE + 'value = "/value"\n', ['{"value":52}', ""], "?"),
    "an enum as a float": (TEXT + 'map = { 2 = "Turbo", 3 = "Eco" }\n', ["2.0"], "Turbo"),
    "a number without a word": (TEXT + 'map = { 2 = "Turbo" }\n', ["21"], "21"),
    # meters of a home
    "leading zeros and a unit": (TOTAL + 'payload_unit = "*kWh"\n' + ONE_DECIMAL, ["001234.567*kWh"], "1234.6"),
    "a decimal comma": (GAUGE + COMMA + ONE_DECIMAL, ["21,37"], "21.4"),
    "a decimal comma and a unit": (GAUGE + COMMA + 'payload_unit = "W"\n', ["345,2 W"], "345"),
    "a decimal comma of a total": (TOTAL + COMMA + ONE_DECIMAL, ["1234,5"], "1234.5"),
    "a decimal comma of increments": (INCREMENTS + COMMA, ["0,5", "1,5"], "2"),
    "a decimal comma of a threshold": (CONTACT + COMMA + "open_above = 5\n", ["5,1"], "Open"),
    "a point despite a comma": (GAUGE + COMMA + ONE_DECIMAL, ["21.5"], "21.5"),
    "thousands that could be meant": (GAUGE, ["5", "1,234"], "5"),
    "thousands and a comma": (GAUGE + COMMA, ["5", "1.234,5"], "5"),
    # what cannot be read
    "an error for an hour": (GAUGE, ["5", *["Error"] * 60], "?"),
    "an error for less": (GAUGE, ["5", *["Error"] * 59], "5"),
    "errors at times": (GAUGE, ["5", *["Error"] * 40, "6", *["Error"] * 40], "6"),
    "a total with an error for an hour": (TOTAL, ["5", *["Error"] * 60], "?"),
    "increments with an error for an hour": (INCREMENTS, ["5", *["Error"] * 100], "5"),
    "broken JSON for an hour": (GAUGE + 'value = "/x"\n', ['{"x":5}', *['{"x":'] * 60], "?"),
    "an unknown word of a contact": (CONTACT, ["open", *["overpower"] * 100], "Open"),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_shown_after_these_messages(load, row):
    """Each row: the settings of a sensor, its messages one minute apart, and the text on the watch."""
    lines, messages, shown = ROWS[row]
    home = Home(load, lines)
    home.send(*messages)
    assert home[""] == shown
    if shown == "?":
        assert home.reading == "unknown"


@pytest.mark.parametrize(
    ("online", "offline"),
    [
        ("Online", "Offline"),  # Tasmota
        ("Connected", "Connection Lost"),  # ESP Easy
        ("ready", "lost"),  # Homie, Valetudo
        ("2", "0"),  # mqtt-smarthome
        ("true", "false"),  # Shelly
        ('{"state":"online"}', '{"state":"offline"}'),  # zigbee2mqtt
        ('{"time":1,"value":true,"status":"Alive"}', '{"time":1,"value":false,"status":"Dead"}'),  # Z-Wave JS UI
        ('{"value":true,"time":1}', '{"value":false,"time":1}'),  # Z-Wave JS UI itself
    ],
)
def test_words_of_availability_that_programs_publish(load, online, offline):
    """The words of common programs need no settings: ? while the device is away, its next value afterwards."""
    home = Home(load, GAUGE + 'availability = "a"\n')
    home.send("5")
    home.send(offline, topic="a")
    assert home[""] == "?"
    home.send(online, topic="a")
    home.send("6")
    assert home[""] == "6"


@pytest.mark.parametrize("unix", ["1795425600", "1795425600123", "1795425600123456"])
def test_unix_times_of_any_precision(load, unix):
    """Seconds, milliseconds and microseconds are the same time of day."""
    home = Home(load, TEXT)
    home.send(unix)
    assert home["time"] == "10:20"
