"""Templates: text becomes parts, with merged literals and escaped braces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.templates import parse_template


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("Home", ["Home"]),
        ("{garage}", [["garage", ""]]),
        ("{garage} since {garage.since}", [["garage", ""], " since ", ["garage", "since"]]),
        ("{a}{b_2.total}", [["a", ""], ["b_2", "total"]]),
        ("{{{garage}}}", ["{", ["garage", ""], "}"]),
        ("a {{b}} c", ["a {b} c"]),
        ("{{}}", ["{}"]),
        ("{tank|no value}", [["tank", "", "no value"]]),
        ("{tank|}", [["tank", "", ""]]),
        ("{m.rate|-} W", [["m", "rate", "-"], " W"]),
        ("Tür {garage} \N{SNOWMAN}", ["Tür ", ["garage", ""], " \N{SNOWMAN}"]),
    ],
)
def test_parts(text, parts):
    """A template is split at its references, and a doubled brace is one literal brace."""
    assert parse_template(text).parts == parts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a { b", 'the "{" at character 3 is never closed; write {sensor} for a value, "{{" for a brace'),
        ("a } b", 'the "}" at character 3 was never opened; write {sensor} for a value, "}}" for a brace'),
        ("{}", '"{}" is not a valid reference; write {sensor} or {sensor.attribute} without spaces or '),
        ("{ garage }", '"{ garage }" is not a valid reference; '),
        ("{tank:.1f}", '"{tank:.1f}" is not a valid reference; '),
        ("{Garage}", '"{Garage}" is not a valid reference; '),
        ("{garage|a|b}", '"{garage|a|b}" is not a valid reference; '),
        ("{garage.}", '"{garage.}" is not a valid reference; '),
        (5, "a template is text in quotes"),
        (["a"], "a template is text in quotes"),
    ],
)
def test_invalid_template_is_refused(text, sentence):
    """A single brace or an invalid reference gives an error with its position and what to write."""
    with pytest.raises(ValueProblem) as caught:
        parse_template(text)
    assert caught.value.sentence.startswith(sentence)


_LITERALS = st.text(min_size=1)
_REFERENCES = st.tuples(
    st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), st.sampled_from(["", "since", "total"])
).map(list)


@given(st.lists(_LITERALS | _REFERENCES))
def test_written_parts_are_parsed_back(parts):
    """Every sequence of literals and references can be written, and is parsed back with merged literals."""
    merged, text = [], ""
    for part in parts:
        if isinstance(part, list):
            text += "{" + ".".join(filter(None, part)) + "}"
            merged.append(part)
        else:
            text += part.replace("{", "{{").replace("}", "}}")
            if merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
    assert parse_template(text).parts == merged


@given(st.text(alphabet="{}a.b_ "))
def test_any_text_gives_a_template_or_a_value_problem(text):
    """Any text gives a template without empty or adjacent literals, or a ValueProblem."""
    try:
        parts = parse_template(text).parts
    except ValueProblem:
        return
    assert "" not in parts
    assert not any(isinstance(first, str) and isinstance(second, str) for first, second in pairwise(parts))
