"""The common complications: which fields each one shows, and what it tells about the others."""

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


def drawn(fields):
    """Return the complications of a glance by name."""
    return {one.name: one for one in draw_complications(fields)}


def texts(complication):
    """Return the texts in a drawing."""
    root = ET.fromstring(complication.svg)  # noqa: S314 - our own drawing
    return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_has_its_fields():
    """Large has three lines, the small ones count and percent, inline the text; what has no place is named."""
    found = drawn(GLANCE | {"text": "Garage open"})
    assert {name: texts(one) for name, one in found.items()} == {
        "Modular large": ["Home", "Garage open", "5 visitors today"],
        "Circular gauge": ["5"],
        "Corner": ["5"],
        "Inline": ["Garage open"],
    }
    assert {name: one.hidden for name, one in found.items()} == {
        "Modular large": ("count", "percent"),
        "Circular gauge": ("title", "text", "subtext"),
        "Corner": ("title", "text", "subtext"),
        "Inline": ("title", "subtext", "count", "percent"),
    }
    assert not any(one.cut for one in found.values())


def test_what_is_cut_off_is_told():
    """A text that does not fit ends in an ellipsis, and the drawing names it for eyes and ears."""
    found = drawn(GLANCE | {"text": "The garage door is open since 14:05 on Monday", "count": "1234567"})
    assert {name: one.cut for name, one in found.items()} == {
        "Modular large": ("text",),
        "Circular gauge": ("count",),
        "Corner": ("count",),
        "Inline": ("text",),
    }
    assert all(any("…" in text for text in texts(one)) for one in found.values())
    assert "cut off: text" in found["Inline"].svg


def test_a_text_alone_takes_two_lines_on_the_large_one():
    """Without a subtext the text may wrap, and then nothing is cut off."""
    large = drawn({"text": "Garage open since 14:05 today"})["Modular large"]
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
def test_the_small_ones_make_do_with_what_there_is(fields, expected):
    """Without a count they show the percent, without both a text; 0 is a value; blank is a dash."""
    found = drawn(fields)
    shown = [texts(found["Circular gauge"])[0], texts(found["Corner"])[0]]
    for text, wanted in zip(shown, expected, strict=True):
        assert wanted is None or text == wanted


def test_a_blank_glance_is_said():
    """A watch that was never pushed to says so in every drawing."""
    assert all("nothing yet" in one.svg for one in draw_complications({}))
    assert [one.name for one in draw_complications({})] == NAMES
