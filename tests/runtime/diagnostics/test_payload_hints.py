"""A payload that is not used gets the reason, and what to write so that it is."""

import json

import pytest

from pushglance.core.wire.payload import read_payload
from pushglance.runtime.diagnostics.payload_hints import explain, shorten
from support import plans


def hint(sensor, payload):
    """Return the explanation of a payload that the sensor cannot read."""
    text, reason = read_payload(sensor, payload)
    assert text is None
    return explain(sensor, reason, payload)


@pytest.mark.parametrize(
    ("pointer", "payload", "words"),
    [
        ("/Temperature", {"temperature": 5}, 'has no /Temperature, it has /temperature: write value = "/temperature"'),
        ("/temp", {"battery": 9, "temperature": 5}, "has no /temp, it has /battery, /temperature"),
        ("/temperatur", {"battery": 9, "temperature": 5}, "has no /temperatur, it has /temperature"),
        ("/Power", {"ENERGY": {"Power": 3}, "Time": "x"}, "has no /Power, it has /ENERGY/Power"),
        ("/ENERGY/0", {"ENERGY": {"Power": 3}}, "has no /ENERGY/0, it has /ENERGY/Power"),
        ("/value", {}, "has no /value, and no other value"),
        ("/a", {"b~/c": 1}, "has no /a, it has /b~0~1c"),
        ("/a", {str(n): n for n in range(9)}, "has no /a, it has /0, /1, /2, /3, /4, ..."),
        ("/a", [1, {"b": 2}], "has no /a, it has /0, /1/b"),
    ],
)
def test_near_pointers_are_named(pointer, payload, words):
    """A payload without the pointer names near pointers that it has, or all of them."""
    assert words in hint(plans.gauge(pointer=pointer), json.dumps(payload).encode())


def test_json_without_a_pointer_names_its_pointers():
    """A sensor that reads the whole payload names the pointers of a JSON object."""
    assert 'write value = "/temperature" or "/battery"' in hint(
        plans.gauge(pointer=""), b'{"temperature": 21.5, "battery": 90}'
    )
    assert 'write value = "/contact"' in hint(plans.topic_contact(), b'{"contact": true}')


def test_plain_value_with_a_pointer():
    """A sensor with a pointer that gets a plain word gets the advice to leave it out."""
    assert 'leave out value = "/t"' in hint(plans.gauge(pointer="/t"), b"21.5 C")


def test_unknown_word_names_the_known_ones():
    """A contact names the words that it knows and the keys that add one."""
    words = hint(plans.topic_contact(), b"ajar")
    assert "open: open, on, true, 1; closed: closed, off, false, 0" in words
    assert "open_payloads" in words


@pytest.mark.parametrize(
    ("pointer", "payload", "advice"),
    [
        ("", "21.5 °C", '; write payload_unit = "°C"'),
        ("", "21,5", "; write decimal_comma = true"),
        ("", "-3,25 kW", '; write decimal_comma = true and payload_unit = "kW"'),
        ("/t", '{"t":"21.5 C"}', '; write payload_unit = "C"'),
        ("", "Error", ""),
        ("", "1.234,5", ""),
        ("", "5 \x1b[2J", ""),
        ("/t", '{"t":true}', ""),
    ],
)
def test_number_with_a_unit_or_a_comma_gets_the_keys_for_it(pointer, payload, advice):
    """A unit after a number and a decimal comma have the lines to write; other words have none."""
    for sensor in (plans.gauge(pointer=pointer), plans.topic_contact(pointer=pointer, threshold=[0, 0, 1])):
        assert hint(sensor, payload.encode()) == "it is not a decimal number" + advice


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b" a\nb\x1b[2J", "a b\ufffd[2J"),
        (b"\xff\x00", "\ufffd\ufffd"),
        ("\ufeffü".encode(), "ü"),
        (b"x" * 100, "x" * 80 + "..."),
        (b"x" * 60_000, "x" * 80 + "..."),
        (b"", ""),
    ],
)
def test_payload_is_shortened_and_printable(payload, shown):
    """A payload becomes one line of at most 80 characters without control characters."""
    assert shorten(payload) == shown


@pytest.mark.parametrize("payload", [b"[" * 60_000, b"{" * 9000, b'{"a":' * 900 + b"1" + b"}" * 900, b"9" * 9000])
def test_hostile_payload_has_a_reason(payload):
    """Deep, long and broken payloads raise nothing and give a short sentence."""
    assert len(hint(plans.gauge(pointer="/a"), payload)) < 300
