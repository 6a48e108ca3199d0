"""The past as shapes: lanes of the last 24 hours, bars of the last weeks. Numbers in, SVG paths out; no text gets in.

The upper half of a contact's lane is the truth, the lower half what the screen told: each delivered push tells all
that is true at its moment, so the screen's history follows from the sensors' and the pushes'. Of a line and its
shadow, the line is the truth.
"""

import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pushglance.core.words import duration_text
from pushglance.runtime.storage.history import History, PushRow
from pushglance.runtime.storage.history_writer import DAY_MS

HOURS_MS = DAY_MS
WIDTH = 1440  # a minute is one unit
BAR = 11
CHANGES_READ = 2000  # of one contact; older ones of a storm are not drawn
SAMPLES_READ = 1000
RETURN_MS = DAY_MS + 10 * 60_000  # a push counts for a day, and the ten minutes it may take to arrive
_DOUBT = (None, "unknown")

Step = tuple[int, float]  # from this wall time (ms) on, this value


class Shape(NamedTuple):
    """One path and the CSS class that colours it."""

    kind: str
    path: str


class Track(NamedTuple):
    """One row of the picture: the name beside it, how high it is, its shapes, and the same in words."""

    name: str
    height: int
    shapes: list[Shape]
    says: str


def day_lanes(live: dict[str, Any], history: History, pushes: Sequence[PushRow], now_ms: int) -> list[Track]:
    """Return the lanes of the last 24 hours: each sensor, then each watch's pushes and budget."""
    start_ms = now_ms - HOURS_MS
    viewers = {sensor: name for name, watch in reversed(live["watches"].items()) for sensor in watch["sensors"]}
    lanes = []
    for name, sensor in live["sensors"].items():
        told = [row for row in reversed(pushes) if row.watch == viewers.get(name)]
        if sensor["kind"] == "contact":
            lanes.append(_contact_lane(name, history.transitions(name, start_ms, CHANGES_READ), told, start_ms, now_ms))
        elif sensor["kind"] in ("counter", "gauge"):
            samples: list[Step] = list(history.samples(name, start_ms - HOURS_MS, SAMPLES_READ))
            lanes.append(_number_lane(name, sensor, samples, told, start_ms, now_ms))
    for name, watch in live["watches"].items():
        mine = [row for row in reversed(pushes) if row.watch == name and row.outcome != "unsent"]
        lanes.append(_budget_lane(name, watch, mine, start_ms, now_ms))
        lanes.append(_returns_lane(name, watch))
    return lanes


def _contact_lane(name: str, changes: Sequence[Step], told: Sequence[PushRow], start_ms: int, now_ms: int) -> Track:
    true = _spans(changes, start_ms, now_ms)
    shapes = [Shape("truth", _bars(true, start_ms, 2))]
    shown, doubt = _screen_of(changes, told)
    shapes.append(Shape("screen", _bars(_spans(shown, start_ms, now_ms), start_ms, 15)))
    shapes.append(Shape("doubt", _bars(_spans(doubt, start_ms, now_ms), start_ms, 15)))
    open_ms = sum(end - begin for begin, end in true)
    openings = sum(at >= start_ms and value == 1 for at, value in changes)
    says = f"{name}: opened {openings} times, open for {duration_text(open_ms) if open_ms else 'no time'}"
    return Track(name, 28, [shape for shape in shapes if shape.path], says)


def _number_lane(
    name: str, sensor: dict[str, Any], samples: list[Step], told: Sequence[PushRow], start_ms: int, now_ms: int
) -> Track:
    with suppress(TypeError, ValueError):  # not known, or stale
        samples = [*samples, (now_ms, float(sensor["text"]))]
    within = [value for at, value in samples if at >= start_ms]
    if not within:
        return Track(name, 44, [], f"{name}: no number in the last 24 hours")
    low, high = min(within), max(within)
    if sensor["kind"] == "counter":
        low = min(0.0, low)
    shown, _ = _screen_of(samples, told)
    shapes = [
        Shape("shadow", _line(shown, start_ms, now_ms, low, high)),
        Shape("line", _line(samples, start_ms, now_ms, low, high)),
    ]
    says = f"{name}: between {low:g} and {high:g}, now {within[-1]:g}"
    return Track(name, 44, [shape for shape in shapes if shape.path], says)


def _screen_of(true: Sequence[Step], told: Sequence[PushRow]) -> tuple[list[Step], list[Step]]:
    """Return what the screen told from when on, and from when to when that was in doubt (1 or 0)."""
    instants = [at for at, _ in true]
    shown: list[Step] = []
    doubt: list[Step] = []
    for row in told:
        known = bisect_right(instants, row.made_wall_ms)
        if row.outcome == "delivered" and known:
            shown.append((row.made_wall_ms, true[known - 1][1]))
        if row.outcome == "delivered" or row.outcome in _DOUBT:
            doubt.append((row.made_wall_ms, 0 if row.outcome == "delivered" else 1))
    return shown, doubt


def _spans(steps: Iterable[Step], start_ms: int, now_ms: int) -> list[tuple[int, int]]:
    """Return from when to when the value was 1, within the span."""
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for at, value in steps:
        if value and since is None:
            since = at
        elif not value and since is not None:
            spans.append((since, at))
            since = None
    if since is not None:
        spans.append((since, now_ms))
    return [(max(begin, start_ms), end) for begin, end in spans if end > start_ms]


def _x(at_ms: int, start_ms: int) -> int:
    return max(0, min(WIDTH, (at_ms - start_ms) // 60_000))


def _bars(spans: Iterable[tuple[int, int]], start_ms: int, top: int) -> str:
    """Return rectangles, each at least two minutes wide; those that touch become one, so a storm stays small."""
    merged: list[list[int]] = []
    for begin, end in spans:
        left = _x(begin, start_ms)
        right = max(_x(end, start_ms), left + 2)
        if merged and left <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], right)
        else:
            merged.append([left, right])
    return "".join(f"M{left} {top}H{right}v{BAR}H{left}z" for left, right in merged)


def _line(steps: Sequence[Step], start_ms: int, now_ms: int, low: float, high: float) -> str:
    """Return a line of steps; of several in one unit of width the last one counts."""
    before = [value for at, value in steps if at < start_ms]
    points: dict[int, float] = {0: before[-1]} if before else {}
    for at, value in steps:
        if at >= start_ms:
            points[_x(at, start_ms) // 3 * 3] = value
    if not points:
        return ""
    span = (high - low) or 1.0
    path, last = "", ""
    for x, value in points.items():
        y = f"{41 - (min(max(value, low), high) - low) / span * 38:.1f}"
        if y != last:
            path += f"M{x} {y}" if not path else f"H{x}V{y}"
        last = y
    return path + f"H{_x(now_ms, start_ms)}"


def _budget_lane(name: str, watch: dict[str, Any], rows: Sequence[PushRow], start_ms: int, now_ms: int) -> Track:
    capacity = max(1, watch["capacity"])
    moves = sorted([(row.made_wall_ms, -1) for row in rows] + [(row.made_wall_ms + RETURN_MS, 1) for row in rows])
    left = watch["capacity"]
    steps: list[Step] = []
    for at, move in moves:
        left += move
        if at <= now_ms:
            steps.append((at, max(0, left)))
    steps = steps or [(start_ms - 1, watch["capacity"])]
    if steps[0][0] >= start_ms:
        steps.insert(0, (start_ms - 1, watch["capacity"]))
    area = _line([*steps, (now_ms, watch["left"])], start_ms, now_ms, 0, capacity)
    shapes = [Shape("area", f"{area}V44H0z"), Shape("line", area)]
    for kind, outcomes in (
        ("tick good", ("delivered",)),
        ("tick warm", (None, "unknown", "throttled", "refused", "assumed")),
    ):
        ticks = sorted(
            {_x(row.made_wall_ms, start_ms) for row in rows if row.made_wall_ms >= start_ms and row.outcome in outcomes}
        )
        if ticks:
            shapes.append(Shape(kind, "".join(f"M{x} 34v10" for x in ticks)))
    number = sum(row.made_wall_ms >= start_ms for row in rows)
    says = f"{name}: {number} pushes in the last 24 hours, {watch['left']} of {watch['capacity']} left"
    return Track(f"{name}: pushes and budget left", 44, shapes, says)


def _returns_lane(name: str, watch: dict[str, Any]) -> Track:
    """Return when each spent push comes back, from now to in 24 hours."""
    returns = [min(WIDTH, wait_ms // 60_000) for wait_ms in watch["returns_in_ms"]]
    shapes = [Shape("tick back", "".join(f"M{x} 3v14" for x in sorted(set(returns))))] if returns else []
    hours = [time.strftime("%H:%M", time.localtime(time.time() + wait_ms / 1000)) for wait_ms in watch["returns_in_ms"]]
    says = f"{name}: " + (f"pushes come back at {', '.join(hours)}" if hours else "every push is there")
    return Track(f"{name}: pushes come back, next 24 hours", 20, shapes, says)
