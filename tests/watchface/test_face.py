"""Drawing of a whole watch: valid SVG without active content for every text."""

import xml.etree.ElementTree as ET  # the drawings parsed here are our own

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushglance.core.push.glance import FIELD_NAMES
from pushglance.watchface import clean, describe, draw_complications, draw_watch
from pushglance.watchface.text_layout import fit, wrap

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {SVG + name for name in ("svg", "rect", "path", "circle", "text")}


def is_harmless(svg):
    """Return whether a drawing is XML of five allowed elements without ids, styles or event handlers."""
    nodes = list(ET.fromstring(svg).iter())  # noqa: S314 - our own drawing
    names = {name for node in nodes for name in node.attrib}
    return {node.tag for node in nodes} <= ALLOWED and not {
        name for name in names if name.startswith("on") or name in ("id", "style", "href")
    }


def texts(svg):
    """Return the texts in a drawing."""
    return [node.text for node in ET.fromstring(svg).iter(SVG + "text")]  # noqa: S314 - our own drawing


@settings(deadline=None, database=None)
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), st.text(max_size=100)))
def test_any_fields_give_a_harmless_drawing(fields):
    """For any texts each drawing is XML of five allowed elements without ids, styles or event handlers."""
    drawings = [draw_watch(fields), *[complication.svg for complication in draw_complications(fields)]]
    assert all(map(is_harmless, drawings))


def test_all_five_fields_are_drawn():
    """Title, text, subtext, count and percent are in the drawing and in its label for screen readers."""
    fields = {"title": "Home", "text": "Closed", "subtext": "quiet", "count": "3", "percent": "64"}
    svg = draw_watch(fields, clock="12:34")
    assert texts(svg) == ["12:34", "Home", "Closed", "quiet", "3", "64%", "percent"]
    assert 'stroke-dasharray="64 100"' in svg
    assert 'aria-label="Watch face: title Home, text Closed, subtext quiet, count 3, 64 percent"' in svg


def test_zero_is_drawn_and_blank_is_not():
    """Count 0 and percent 0 are drawn as 0; a blank watch shows "nothing yet"."""
    assert {"0", "0%"} <= set(texts(draw_watch({"count": "0", "percent": "0"})))
    assert "nothing yet" in texts(draw_watch({}))
    assert texts(draw_watch({}, clock="12:34")) == ["12:34", "nothing yet", "\N{EN DASH}", "\N{EN DASH}", "percent"]
    assert describe({}) == "Watch face: blank"


def test_markup_is_drawn_as_text():
    """Markup in a field is text on the face."""
    svg = draw_watch({"title": "<b>&\"'"})
    assert "<b>" not in svg
    assert "<b>&\"'" in texts(svg)


def test_unprintable_characters_are_removed():
    """Control characters and lone surrogates become spaces; marks of text direction are removed."""
    assert clean("a\x00b\nc\ud800d\u202ee\u2066f") == "a b c def"


def test_long_texts_are_cut_with_an_ellipsis():
    """A text that does not fit ends in an ellipsis, but not between a letter and its accent."""
    assert fit("short", 10) == "short"
    assert fit("x" * 100, 5).endswith("x…")
    assert fit("日" * 100, 5).count("日") < fit("x" * 100, 5).count("x")
    assert fit("e\u0301" * 100, 5).removesuffix("…")[-1] == "\u0301"


@pytest.mark.parametrize(
    "text", ["", "one", "two words", "several words that need two lines", "x" * 100, "a " + "x" * 99]
)
def test_wrapping_keeps_the_words_in_order(text):
    """A text is wrapped to at most two lines, and the first one is its start."""
    lines = wrap(text, 8)
    assert len(lines) <= 2
    assert text.startswith(lines[0].removesuffix("…"))
