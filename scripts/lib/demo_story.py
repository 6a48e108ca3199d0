"""The story of the demo: its settings, and what happens to the simulated door, visitors and tank in ten minutes.

It spends about half of the day's 50 pushes, so the watch stays true to its end.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator

SETTINGS = """\
[pushover]
url = "{url}"
token = "{token}"
user = "{user}"

[budget]
spacing = "20s"         # 20min for a real watch; shorter here, so that the demo takes minutes

[clock]
trust = "always"

[simulation]
hand = "{hand}"         # the FIFO with the lines that simulate pins and topics

[sensors.garage]
kind = "contact"
gpio = 17
settle = "50ms"
open = "Garage open"
closed = "Garage closed"
urgent = true

[sensors.visitors]
kind = "counter"
gpio = 27
resets = "daily"

[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
value = "/level"
deadband = 2

[glance]
title = "Home"
text = "{{garage}}"
subtext = "since {{garage.since}}"
count = "{{visitors}}"
percent = "{{tank}}"
"""

Line = tuple[float, str]  # seconds to wait before it, and the line for the FIFO
Scene = tuple[float, str, Callable[[], Iterable[Line]]]  # seconds to wait before it, what happens, and its lines


def door(level: int) -> Iterator[Line]:
    """Yield the edges of a reed switch that bounces for 12 ms."""
    for pause_ms, edge_level in ((0, level), (3, 1 - level), (2, level), (4, 1 - level), (3, level)):
        yield pause_ms / 1000, f"pin 17 {edge_level}"


def visitors(number: int) -> Iterator[Line]:
    """Yield the pulses of a light barrier."""
    for _ in range(number):
        yield 0.05, "pin 27 0"
        yield 0.05, "pin 27 1"


def tank(level: int | str) -> Iterator[Line]:
    """Yield one message of a level meter."""
    yield 0, f'topic garden/tank {{"level": {level}}}'


def _passage(level: int) -> list[Scene]:
    """Return a car that passes the door, and after it a level of the tank."""
    return [
        (15, "the door opens for a car", lambda: door(1)),
        (10, "the door closes again", lambda: door(0)),
        (20, f"the tank is at {level} %", lambda: tank(level)),
    ]


STORY: list[Scene] = [
    (0.9, "the door is closed, the tank at 62 %: the watch gets its first glance", lambda: [*door(0), *tank(62)]),
    (4, "the door opens and bounces, five edges in 12 ms: one push, at once, because it is urgent", lambda: door(1)),
    (4, "three visitors walk through: no hurry, so this waits for company", lambda: visitors(3)),
    (4, "the tank falls to 61 %: within its deadband, so nothing happens", lambda: tank(61)),
    (3, "the tank falls to 55 %: this waits, too", lambda: tank(55)),
    (6, "the door closes: its push takes visitors and tank along", lambda: door(0)),
    (6, "the wind opens and closes the door within 40 ms: no push", lambda: [*door(1), *door(0)]),
    (6, "the meter repeats its message: no push", lambda: tank(55)),
    (12, "two more visitors", lambda: visitors(2)),
    *_passage(48),
    (20, "the meter has no value: unknown is shown as unknown, so 48 % leaves the watch", lambda: tank("null")),
    (20, "the door opens and takes that along", lambda: door(1)),
    (20, "the door closes", lambda: door(0)),
    (20, "the meter measures again: 47 %", lambda: tank(47)),
    (15, "a group of twelve visitors", lambda: visitors(12)),
    *_passage(44),
    (30, "four more visitors", lambda: visitors(4)),
    *_passage(41),
    (30, "rain fills the tank to 70 %", lambda: tank(70)),
    (20, "the door stays open this time", lambda: door(1)),
    (60, "a visitor", lambda: visitors(1)),
    (30, "the door is closed at last", lambda: door(0)),
    *_passage(66),
    (40, "three visitors", lambda: visitors(3)),
    *_passage(63),
    (20, "the last visitor goes home", lambda: visitors(1)),
]


def scenes() -> Iterator[Scene]:
    """Yield the story again and again; `--seconds` decides when it ends."""
    return itertools.cycle(STORY)
