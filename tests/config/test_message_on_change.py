"""A message on the change itself, as people write it: after = "0s", and closed = "" if its end is not wanted."""

import pytest

from support.homes.sensor_home import Home
from support.settings_files import load, write

__all__ = ["load", "write"]

DOOR = 'kind = "contact"\nmqtt = "t"\nopen = "Door open"\nclosed = "Door closed"\n'
BELL = 'kind = "contact"\nmqtt = "t"\nvalue = "/action"\nopen_payloads = ["pressed"]\nhold = "5min"\n'
PRESSED, RELEASED = '{"action":"pressed"}', '{"action":""}'


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ('{ after = "0s", message = "Door!", closed = "" }', ["Door!", "Door!"]),
        ('{ after = "0s", message = "Door!" }', ["Door!", "Door closed", "Door!", "Door closed"]),
        ('"2min"', []),
    ],
)
def test_each_opening_gives_one_message(load, rule, messages):
    """A door that opens twice gives one message each time, and one for its closing only if that is wanted."""
    home = Home(load, DOOR + f"left_open = {rule}\n")
    home.send("closed", "open", "closed", "open", "closed")
    home.wait(3_600_000)
    assert home.alarms == messages


def test_each_ring_gives_one_message(load):
    """A bell that rings for a moment gives one message, and the next one after its hold time."""
    home = Home(load, BELL + 'left_open = { after = "0s", message = "The bell rings", closed = "" }\n')
    home.send(PRESSED, RELEASED, PRESSED, RELEASED)
    assert home.alarms == ["The bell rings"]
    home.wait(3_600_000)
    home.send(PRESSED)
    assert home.alarms == ["The bell rings"] * 2


@pytest.mark.parametrize(("retained", "messages"), [("baseline", ["Door!"]), ("ignore", [])])
def test_door_that_is_open_at_the_start_is_reported_once(load, retained, messages):
    """A door that was open before the start gives its message, unless retained messages are to be ignored."""
    rule = 'left_open = { after = "0s", message = "Door!", closed = "" }\n'
    home = Home(load, DOOR + rule + f'retained = "{retained}"\n')
    home.send("open", "open", is_retained=True)
    home.wait(3_600_000)
    assert home.alarms == messages
