"""Templates: text becomes parts, literals merged, braces told apart."""

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
        ("Tür {garage} \N{SNOWMAN}", ["Tür ", ["garage", ""], " \N{SNOWMAN}"]),
    ],
)
def test_parts(text, parts):
    """A template is cut at its references, and doubled braces are one brace of the text around them."""
    assert parse_template(text).parts == parts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a { b", 'the "{" at character 3 is never closed; write {sensor} for a value, "{{" for the brace'),
        ("a } b", 'the "}" at character 3 was never opened; write {sensor} for a value, "}}" for the brace'),
        ("{}", '"{}" names no value; write {sensor} or {sensor.attribute} without spaces or formats, '),
        ("{ garage }", '"{ garage }" names no value; '),
        ("{tank:.1f}", '"{tank:.1f}" names no value; '),
        ("{Garage}", '"{Garage}" names no value; '),
        ("{garage.}", '"{garage.}" names no value; '),
        (5, "a template is text in quotes"),
        (["a"], "a template is text in quotes"),
    ],
)
def test_refuses(text, sentence):
    """A brace that stands alone, and what is no reference, is told with its place and the way out."""
    with pytest.raises(ValueProblem) as caught:
        parse_template(text)
    assert caught.value.sentence.startswith(sentence)


_LITERALS = st.text(min_size=1)
_REFERENCES = st.tuples(
    st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), st.sampled_from(["", "since", "total"])
).map(list)


@given(st.lists(_LITERALS | _REFERENCES))
def test_comes_back(parts):
    """Every sequence of literals and references can be written, and is read back with its literals merged."""
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
def test_only_mistakes(text):
    """Whatever is written, the answer is a template without empty literals or a mistake."""
    try:
        parts = parse_template(text).parts
    except ValueProblem:
        return
    assert "" not in parts
    assert not any(isinstance(one, str) and isinstance(two, str) for one, two in pairwise(parts))
