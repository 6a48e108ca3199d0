"""Drawings of the common complications: the fields that each one shows, cuts off and hides."""

import xml.etree.ElementTree as ET  # the drawings parsed here are our own

import pytest

from pushglance.watchface import draw_complications

GLANCE = {
    "title": "Home",
    "text": "Garage open since 14:05",
    "subtext": "5 visitors today",
    "count": "5",
    "percent": "64",
}
NAMES = ["Modular large", "Circular gauge", "Corner", "Inline"]


def draw(fields):
    """Return the complications of a glance by name."""
    return {complication.name: complication for complication in draw_complications(fields)}


def texts(complication):
    """Return the texts in a drawing."""
    root = ET.fromstring(complication.svg)  # noqa: S314 - our own drawing
    return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_complication_shows_its_fields():
    """The large one shows three lines, the small ones count and percent, inline the text; other fields are hidden."""
    drawings = draw(GLANCE | {"text": "Garage open"})
    assert {name: texts(drawing) for name, drawing in drawings.items()} == {
        "Modular large": ["Home", "Garage open", "5 visitors today"],
        "Circular gauge": ["5"],
        "Corner": ["5"],
        "Inline": ["Garage open"],
    }
    assert {name: drawing.hidden for name, drawing in drawings.items()} == {
        "Modular large": ("count", "percent"),
        "Circular gauge": ("title", "text", "subtext"),
        "Corner": ("title", "text", "subtext"),
        "Inline": ("title", "subtext", "count", "percent"),
    }
    assert not any(drawing.cut for drawing in drawings.values())


def test_cut_off_fields_are_named():
    """A text that does not fit ends in an ellipsis, and its field is in the result and in the label."""
    drawings = draw(GLANCE | {"text": "The garage door is open since 14:05 on Monday", "count": "1234567"})
    assert {name: drawing.cut for name, drawing in drawings.items()} == {
        "Modular large": ("text",),
        "Circular gauge": ("count",),
        "Corner": ("count",),
        "Inline": ("text",),
    }
    assert all(any("…" in text for text in texts(drawing)) for drawing in drawings.values())
    assert "cut off: text" in drawings["Inline"].svg


def test_text_without_subtext_uses_two_lines():
    """On the large complication a text without a subtext wraps, and nothing is cut off."""
    large = draw({"text": "Garage open since 14:05 today"})["Modular large"]
    assert len(texts(large)) == 2
    assert large.cut == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"percent": "64"}, ["64%", "64%"]),
        ({"count": "0", "percent": "0"}, ["0", "0"]),
        ({"text": "Open"}, ["Open", None]),
        ({}, ["\N{EN DASH}"] * 2),
    ],
)
def test_small_complications_show_the_first_field_with_a_value(fields, expected):
    """Without a count they show the percent, without both the text; 0 is a value; a blank glance is a dash."""
    drawings = draw(fields)
    shown = [texts(drawings["Circular gauge"])[0], texts(drawings["Corner"])[0]]
    for text, expected_text in zip(shown, expected, strict=True):
        assert expected_text is None or text == expected_text


def test_blank_glance_shows_nothing_yet():
    """The label of every complication of a blank glance contains "nothing yet"."""
    assert all("nothing yet" in drawing.svg for drawing in draw_complications({}))
    assert [drawing.name for drawing in draw_complications({})] == NAMES
