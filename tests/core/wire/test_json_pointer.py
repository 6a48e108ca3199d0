"""The JSON pointer: one scalar of a document, as `json.loads` finds it, with the sender's digits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.wire.json_pointer import NO_VALUE, resolve


def resolve_with_json(text, pointer):
    """Return what Python's own parser finds; raise ValueError if the text is not JSON."""
    value = json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key in [str(index) for index in range(len(value))]:
            value = value[int(key)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return NO_VALUE
    return value if isinstance(value, str) else None


def outcome(function, text, pointer):
    """Return the function's result, or "not JSON" in a list. A lone surrogate counts as the character for it."""
    try:
        found = function(text, pointer)
    except ValueError:
        return ["not JSON"]
    return found and "".join("\ue000" if "\ud800" <= char <= "\udfff" else char for char in found)


KEYS = st.sampled_from(["level", "a", "", "~", "/", "0", "1"])
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just('"\\\u00e9\n\x00'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
pointers = st.lists(st.sampled_from(["level", "a", "", "~0", "~1", "0", "1", "00", "-"]), min_size=1, max_size=3).map(
    lambda steps: "/" + "/".join(steps)
)
documents = (
    values.map(json.dumps)
    | values.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1))
    | st.lists(st.tuples(KEYS, values), max_size=4).map(  # a key may occur twice
        lambda pairs: "{" + ",".join(f"{json.dumps(key)} :{json.dumps(value)}" for key, value in pairs) + "}"
    )
)
# Pieces of JSON in any order: nearly JSON, and sometimes JSON.
shards = st.lists(
    st.sampled_from(
        [
            *'{}[]",:-+.eE0123 \t\n\r\x0b\x7f\\',
            *('"a"', '"a":', '{"a":1}', "[1,2]", "true", "null", "NaN", "-Infinity"),
            *("\\u00e9", "\\ud83d", "\\ude00", "\\u00g0", "01", "1.5", "1e5", "-0", "\u0663"),
        ]
    ),
    max_size=12,
).map("".join)


@given(documents, pointers)
def test_documents_resolve_as_with_json(text, pointer):
    """For any document and pointer the scalar is the one that `json.loads` leads to."""
    assert outcome(resolve, text, pointer) == outcome(resolve_with_json, text, pointer)


@given(shards, pointers)
def test_broken_documents_are_refused_as_by_json(text, pointer):
    """What `json.loads` refuses is refused, and what it accepts is accepted."""
    assert outcome(resolve, text, pointer) == outcome(resolve_with_json, text, pointer)


@pytest.mark.parametrize("number", ["63.50", "1e400", "-0.0", "9" * 5000])
def test_numbers_keep_their_digits(number):
    """A number is returned as the sender wrote it."""
    assert resolve(f'{{"a": [{number}]}}', "/a/0") == number


def test_nesting_does_not_exhaust_the_stack():
    """A document may nest as deep as its size allows."""
    depth = 30_000
    assert resolve("[" * depth + "7" + "]" * depth, "/0" * depth) == "7"
    assert outcome(resolve, "[" * depth, "/0") == ["not JSON"]


def test_the_last_of_equal_keys_counts():
    """A later key replaces the value of an earlier one, also by a value that has no such member."""
    assert resolve('{"a": {"b": 1}, "a": {"b": 2}}', "/a/b") == "2"
    assert resolve('{"a": {"b": 1}, "a": {}}', "/a/b") is None


@pytest.mark.parametrize(
    "value",
    ["01", "-", "1.", ".5", "+1", "1e", "1e+", "0x1", '"a\nb"', '"a\tb"', '"a\x01b"', '"\\q"', '"\\u12"', "tru", "'a'"],
)
def test_invalid_values_are_refused(value):
    """Numbers, strings and words that JSON does not allow are refused, wherever the pointer leads."""
    for pointer in ("/a", "/b"):
        document = f'{{"a": {value}}}'
        assert outcome(resolve, document, pointer) == ["not JSON"]
        assert outcome(resolve_with_json, document, pointer) == ["not JSON"]


@pytest.mark.parametrize(
    "text", ["\\ud83d\\u0041", "\\ud83d\\ud83d\\ude00", "\\ude00\\ud83d", "\\ud83dx", "\\ud83d\\ude00"]
)
def test_surrogates_are_paired_as_in_json(text):
    """Half a pair does not take the escape after it along."""
    document = f'{{"a": "{text}"}}'
    assert outcome(resolve, document, "/a") == outcome(resolve_with_json, document, "/a")
