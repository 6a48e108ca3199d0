"""The complications as text for a terminal."""

import pytest

from pushglance.watchface import draw_complications, terminal_complications

GLANCE = {"title": "Home", "text": "Garage closed", "subtext": "since 14:05", "count": "3", "percent": "62"}


def test_complications_stand_next_to_each_other():
    """Each complication has its name above a frame with its texts and its gauge."""
    assert terminal_complications(GLANCE) == [
        "  Modular large      Circular gauge      Corner      Inline",
        "╭───────────────╮  ╭────────────────╮  ╭────────╮  ╭───────────────╮",
        "│ Home          │  │ 3              │  │ 3      │  │ Garage closed │",
        "│ Garage closed │  │ ▰▰▰▱▱          │  │ ▰▰▰▱▱  │  ╰───────────────╯",
        "│ since 14:05   │  ╰────────────────╯  ╰────────╯",
        "╰───────────────╯",
    ]


@pytest.mark.parametrize("width", [30, 60, 80])
def test_no_line_is_wider_than_the_terminal(width):
    """What does not fit next to the others stands below them."""
    long_glance = GLANCE | {"text": "The garage door is open since Monday 14:05"}
    lines = terminal_complications(long_glance, width)
    assert max(map(len, lines)) <= width
    assert sum("╭" in line for line in lines) > 1 or width == 80


def test_frames_are_straight_around_wide_letters():
    """A letter that needs two columns of the terminal is counted as two, so the frame is straight."""
    [row] = [line for line in terminal_complications({"text": "車庫 open"}) if "車庫 open" in line][:1]
    assert row.split("│")[1] == " 車庫 open     ", "11 of 13 columns, of which the name needs all"


def test_terminal_cuts_where_the_drawing_cuts():
    """The same texts are in the terminal as in the drawing of the page."""
    glance = GLANCE | {"text": "Garage closed since 14:05"}
    text = "\n".join(terminal_complications(glance))
    for complication in draw_complications(glance):
        assert all(line in text for line in complication.lines)
    assert "Garage closed since 14…" in text
