"""Reading payloads: any bytes in, one value or a reason out."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.sensors.decimals import parse
from pushglance.core.wire.payload import PAYLOAD_MAX, SAYS_UNKNOWN, read_payload
from support import plans

PLANS = {
    "contact": plans.topic_contact(),
    "counter": plans.counter(source="mqtt", pointer="", counts="total"),
    "gauge": plans.gauge(),
    "text": plans.text(),
}


def sensor(kind, **changes):
    """Return the plan of a sensor on a topic."""
    return PLANS[kind] | changes


def text_of(plan, payload):
    text, reason = read_payload(plan, payload)
    assert (text is None) == bool(reason)
    return text


@pytest.mark.parametrize(
    ("payload", "text"),
    [(b"ON", "open"), (b" open\r\n", "open"), (b"Off", "closed"), (b"1", "open"), (b"ajar", None), (b"", None)],
)
def test_contact_words_ignore_case_and_spaces(payload, text):
    """Words for open and closed are read in any case and with spaces around them; other words are unreadable."""
    assert text_of(sensor("contact"), payload) == text


@pytest.mark.parametrize(
    "number",
    ["0", "-0", "+3", "21.50", ".5", "5.", "1e3", "-1.5E-2", "00012", "123456789012345678", "0.30000000000000004"],
)
def test_numbers_keep_their_text(number):
    """A number keeps the sender's digits; only the spaces around it are removed."""
    assert text_of(sensor("gauge"), f" {number}\n".encode()) == number


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "-",
        "21,5",
        "1_000",
        "0x10",
        "21.5 C",
        "nan",
        "inf",
        "1e999",
        "9" * 100,
        "9" * 60_000,
        "\u0663",
        "\u00b2",
        "e5",
    ],
)
def test_invalid_numbers_are_unreadable(payload):
    """Commas, units, digits of other scripts and very long numbers are unreadable."""
    assert text_of(sensor("gauge"), payload.encode()) is None


def test_a_byte_order_mark_is_ignored():
    """The mark that some editors and .NET write is ignored before a number, a word and JSON."""
    mark = b"\xef\xbb\xbf"
    assert text_of(sensor("gauge"), mark + b"63") == "63"
    assert text_of(sensor("contact"), mark + b"on") == "open"
    assert text_of(sensor("gauge", pointer="/a"), mark + b'{"a": 5}') == "5"


def test_a_running_total_is_a_number():
    """A counter that reads totals accepts the same numbers as a gauge."""
    plan = sensor("counter", counts="total")
    assert text_of(plan, b"1234") == "1234"
    assert text_of(plan, b"many") is None


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("  Bin\tday \r\n tomorrow ", "Bin day tomorrow"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("Ol\u00e1 \U0001f469\u200d\U0001f52c\ufe0f", "Ol\u00e1 \U0001f469\u200d\U0001f52c\ufe0f"),
        ("\ufeffwith a mark", "with a mark"),
        ("over\u202eride", "override"),
        ("", ""),
        ("x" * 39 + " yz", "x" * 39),
        ("x" * 60, "x" * 40),
    ],
)
def test_a_text_becomes_one_line(payload, text):
    """Control characters are removed, white space becomes one space, and the line is cut at its length."""
    assert text_of(sensor("text"), payload.encode()) == text


DOCUMENT = rb"""{"level": 63.50, "big": 1e400, "n": 12345678901234567890123, "on": true, "off": false, "none": null,
"word": "closed", "list": [10, [20, {"deep": -7}]], "a/b": 1, "m~n": 2, "": 3, "~1": 4, "twice": 1, "twice": 2,
"nan": NaN, "inf": -Infinity, "obj": {}, "00": 5, "lone": "x\ud800y"}"""


@pytest.mark.parametrize(
    ("pointer", "text"),
    [
        ("/level", "63.50"),
        ("/big", "1e400"),
        ("/n", "12345678901234567890123"),
        ("/on", "true"),
        ("/off", "false"),
        ("/word", "closed"),
        ("/list/0", "10"),
        ("/list/1/1/deep", "-7"),
        ("/a~1b", "1"),
        ("/m~0n", "2"),
        ("/", "3"),
        ("/~01", "4"),
        ("/twice", "2"),
        ("/00", "5"),
        ("/lone", "xy"),
        ("/none", None),
        ("/nan", None),
        ("/inf", None),
        ("/obj", None),
        ("/list", None),
        ("/list/2", None),
        ("/list/-", None),
        ("/list/-1", None),
        ("/list/00", None),
        ("/list/\u0660", None),
        ("/list/1234567", None),
        ("/absent", None),
        ("/level/0", None),
        ("/word/0", None),
    ],
)
def test_json_pointers(pointer, text):
    """RFC 6901 selects the value, numbers keep their digits, and objects, lists and null are unreadable."""
    assert text_of(sensor("text", pointer=pointer), DOCUMENT) == text


@pytest.mark.parametrize("kind", ["contact", "gauge", "text"])
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"[" * PAYLOAD_MAX,
        b'{"a":' * 12_000 + b"1" + b"}" * 2,
        b'{"level":' + b"9" * (sys.int_info.default_max_str_digits + 1000) + b"}",
        b'{"level":1e' + b"9" * 5000 + b"}",
        b"1" * (PAYLOAD_MAX + 1),
        b"\xef\xbb\xbf",
    ],
    ids=["empty", "cut", "not-utf8", "surrogate", "deep", "deep-objects", "long-int", "huge-exponent", "large", "mark"],
)
def test_hostile_json_raises_nothing(kind, payload):
    """Deep nesting, thousands of digits and invalid text never raise an error."""
    text = text_of(sensor(kind, pointer="/level"), payload)
    assert text is None or (kind == "text" and len(text) == 40)


def test_the_size_limit_is_exact():
    """64 KiB are read, one byte more is unreadable."""
    plan = sensor("text")
    assert text_of(plan, b"x" * PAYLOAD_MAX) == "x" * 40
    assert read_payload(plan, b"x" * (PAYLOAD_MAX + 1)) == (None, "it has 65537 bytes, the limit is 65536")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["level", "a", ""]), inner, max_size=3),
)
payloads = st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | json_values.map(json.dumps).map(str.encode)
pointers = st.sampled_from(["", "/level", "/", "/a/0", "/level/0/a", "/~0/~1"])
any_sensor = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["contact", "counter", "gauge", "text"]),
        "pointer": pointers,
        "length": st.integers(1, 100),
        "open_payloads": st.just(["true", "open"]),
        "closed_payloads": st.just(["false", "closed"]),
    }
)


@given(any_sensor, payloads)
def test_any_bytes_give_a_value_of_the_kind_or_a_reason(plan, payload):
    """For any bytes nothing is raised, and a value is one that the core accepts."""
    text, reason = read_payload(plan, payload)
    if text is None:
        assert reason
        return
    text.encode()  # no lone surrogate gets to the network or the store
    if plan["kind"] == "contact":
        assert text in {"open", "closed"}
    elif plan["kind"] == "text":
        assert len(text) <= plan["length"]
        assert text == " ".join(text.split())
    else:
        assert parse(text, 0) is not None


@pytest.mark.parametrize(
    ("kind", "payload", "text"),
    [
        ("gauge", b"21.5\0", "21.5"),
        ("contact", b"ON\0\0\0", "open"),
        ("text", b"home\0", "home"),
        ("text", b'"home"', "home"),
        ("text", b' "two words"\n', "two words"),
        ("text", b'"gr\\u00fcn"', "grün"),
        ("text", b'"he "no""', '"he "no""'),
        ("text", b'"', '"'),
        ("text", b'""', ""),
        ("contact", b'"off"', "closed"),
        ("gauge", b'"21.5"', "21.5"),
        ("counter", b'"15011"\0', "15011"),
        ("gauge", b"2\x001\x00", None),  # UTF-16 is not cut to "2"
        ("gauge", b"\0", None),
    ],
)
def test_forms_that_devices_send_are_read(kind, payload, text):
    """The NUL that ends a C string is removed, and a JSON string as the whole payload is its text."""
    assert text_of(sensor(kind), payload) == text


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("21.5 °C", "21.5"),
        ("21.5°C", "21.5"),
        (' "21.5 °C"\0', "21.5"),
        ("21.5", "21.5"),
        ("21.5 °F", None),
        ("°C", None),
    ],
)
def test_a_named_unit_is_removed(payload, text):
    """A number may be followed by the unit that the settings name, and by no other one."""
    assert text_of(sensor("gauge", payload_unit="°C"), payload.encode()) == text
    assert text_of(sensor("gauge"), payload.encode()) == (text if payload == "21.5" else None)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("tilted", "auf"), (" TILTED", "auf"), ("2", "Turbo"), ("other", "othe"), ("ÜBER", "x"), ('"tilted"', "auf")],
)
def test_payloads_become_words(sent, shown):
    """A payload in `map` is shown by its word, whatever its case; any other one as it is."""
    words = {"tilted": "auf", "2": "Turbo", "über": "x"}
    assert text_of(sensor("text", length=4, map=words), sent.encode()) == shown


@pytest.mark.parametrize(
    ("kind", "pointer", "payload", "is_unknown"),
    [
        ("contact", "", b"unavailable", True),  # Home Assistant's statestream
        ("contact", "", b" Unknown ", True),
        ("contact", "", b"None", True),
        ("contact", "", b"", True),
        ("contact", "", b"ajar", False),
        ("contact", "/action", b'{"action": ""}', False),  # a button was released
        ("contact", "/contact", b'{"contact": null}', True),
        ("contact", "/contact", b'{"battery": 97}', False),  # says nothing about it
        ("gauge", "", b"nan", True),  # ESPHome
        ("gauge", "", b"NaN", True),
        ("gauge", "", b"null", True),
        ("gauge", "", b"", True),
        ("gauge", "/value", b'{"value": null}', True),  # Victron
        ("gauge", "/value", b'{"value": NaN}', True),
        ("gauge", "/value", b'{"value": "unavailable"}', True),
        ("gauge", "", b"full", False),
        ("counter", "", b"unavailable", True),
        ("text", "", b"unavailable", True),
        ("text", "/state", b'{"state": null}', True),
    ],
)
def test_words_that_mean_unknown(kind, pointer, payload, is_unknown):
    """What devices send for a missing value makes it unknown; what only cannot be read changes nothing."""
    text, reason = read_payload(sensor(kind) | {"pointer": pointer}, payload)
    assert (text, reason == SAYS_UNKNOWN) == (None, is_unknown)


@pytest.mark.parametrize("payload", ["none", "", "off", "unavailable now"])
def test_words_of_texts_are_texts(payload):
    """A text may be "none" or empty: only words that no device shows to people mean unknown."""
    assert text_of(sensor("text"), payload.encode()) == payload


def test_words_that_mean_unknown_can_be_chosen():
    """The settings' words replace the default ones, and a word that means open or closed stays one."""
    other = {"unknown_payloads": ["-999", "asleep"]}
    assert read_payload(sensor("gauge") | other, b"-999") == (None, SAYS_UNKNOWN)
    assert read_payload(sensor("gauge") | other, b"nan") == (None, "it is not a decimal number")
    assert text_of(sensor("text") | {"unknown_payloads": []}, b"unknown") == "unknown"
    null = sensor("text") | {"unknown_payloads": [], "pointer": "/a"}
    assert read_payload(null, b'{"a": null}') == (None, "it has no value at /a")
    assert text_of(sensor("contact") | {"closed_payloads": ["none"]}, b"None") == "closed"


@pytest.mark.parametrize("payload", [b"-127", b"-127.00", b" -127.0\n", b"-1.27e2"])
def test_number_that_means_unknown_is_compared_as_a_number(payload):
    """A DS18B20 without its wire sends -127.00 where the settings say -127."""
    assert read_payload(sensor("gauge") | {"unknown_payloads": ["-127"]}, payload) == (None, SAYS_UNKNOWN)


@pytest.mark.parametrize(
    ("payload", "expected"), [(b"1.0", "open"), (b"0.00", "closed"), (b"1e0", "open"), (b"2", None)]
)
def test_contact_takes_a_number_for_the_same_number(payload, expected):
    """Programs that know only floats send 1.0 where a switch sends 1."""
    assert (
        text_of(sensor("contact") | {"open_payloads": ["on", "1"], "closed_payloads": ["off", "0"]}, payload)
        == expected
    )


@pytest.mark.parametrize("kind", ["contact", "counter", "gauge", "text"])
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", SAYS_UNKNOWN),
        (b"unavailable", SAYS_UNKNOWN),
        (b"null", SAYS_UNKNOWN),
        (b"x", "it is not a JSON object"),
        (b"7", "it is not a JSON object"),
        (b'"full"', "it is not a JSON object"),
        (b"{", "it is not valid JSON"),
        (b' {"other": 1}', "it has no single value at /value"),
        (b"[1]", "it has no single value at /value"),
    ],
)
def test_cleared_topic_means_unknown_also_with_a_pointer(kind, payload, reason):
    """A bridge that clears a retained topic, or sends a word instead of JSON, says that the value is unknown."""
    assert read_payload(sensor(kind) | {"pointer": "/value"}, payload) == (None, reason)


@pytest.mark.parametrize("payload", [b"nil", b"N/A", b"inf", b"-inf"])
def test_words_of_programs_for_no_number_mean_unknown(payload):
    """Evcc sends nil, C programs inf: no number is known, and the last one must not stay."""
    assert read_payload(sensor("gauge"), payload) == (None, SAYS_UNKNOWN)
