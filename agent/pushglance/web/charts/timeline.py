"""Timelines of the last 24 hours as SVG paths: numbers in, paths out, so that no text can get into the SVG.

The upper half of a contact's track shows the sensor, the lower half the watch. Each delivered push shows the state of
all sensors at its moment, so the history of the screen follows from the readings and the pushes. For numbers, the solid
line is the sensor and the dashed line the watch. Groups are their members combined.
"""

import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT
from pushglance.core.pacing.budget import ARRIVAL_MS
from pushglance.core.words import duration_text
from pushglance.runtime.storage.history import History, PushRow
from pushglance.runtime.storage.history_writer import DAY_MS

from .axis import SPAN_MS, WIDTH, Axis, axis_since
from .group_history import combined_steps, is_contact_like, members_of

BAR_HEIGHT = 11
CHANGES_READ = 2000  # of one contact; older ones are not drawn
SAMPLES_READ = 1000
REFILL_MS = DAY_MS + ARRIVAL_MS  # a push counts for a day after its latest possible arrival
_UNCERTAIN = (None, UNKNOWN)
_NUMBERS = ("counter", "gauge")

Step = tuple[int, float]  # the value from this wall time (ms) on


class Shape(NamedTuple):
    """One path and the CSS class that colours it."""

    kind: str
    path: str


class Track(NamedTuple):
    """One row of the timeline: its name, its height, its shapes, and a description for screen readers.

    `begin` is where its history begins: before, nothing is known. `is_ahead`: it shows the next 24 hours.
    """

    name: str
    height: int
    shapes: list[Shape]
    description: str
    begin: int = 0
    is_ahead: bool = False


class _Line(NamedTuple):
    """The history of one sensor: `is_contact` if it is open or closed."""

    is_contact: bool
    steps: list[Step]


def day_tracks(
    status: dict[str, Any], history: History, pushes: Sequence[PushRow], now_ms: int
) -> tuple[Axis, list[Track]]:
    """Return the axis and the tracks: groups, the other sensors, then pushes and budget of each watch."""
    lines = _lines(status, history, now_ms - SPAN_MS)
    begins = [line.steps[0][0] for line in lines.values() if line.steps] + [row.made_wall_ms for row in pushes[-1:]]
    axis = axis_since(min(begins, default=None), now_ms)
    watch_of = {sensor: name for name, watch in reversed(status["watches"].items()) for sensor in watch["sensors"]}
    tracks = []
    for name, line in lines.items():
        rows = [row for row in reversed(pushes) if row.watch == watch_of.get(name)]
        if line.is_contact:
            tracks.append(_contact_track(name, line.steps, rows, axis))
        else:
            tracks.append(_number_track(name, status["sensors"][name], line.steps, rows, axis))
    for name, watch in status["watches"].items():
        rows = [row for row in reversed(pushes) if row.watch == name and row.outcome != UNSENT]
        tracks.append(_budget_track(name, watch, rows, axis))
        tracks.append(_refill_track(name, watch))
    return axis, tracks


def _lines(status: dict[str, Any], history: History, start_ms: int) -> dict[str, _Line]:
    """Return the history of each sensor that has one, groups first."""
    sensors = status["sensors"]
    single = {name: line for name, sensor in sensors.items() if (line := _read(name, sensor, history, start_ms))}
    groups = {}
    for name, facts in status.get("page", {}).get("sensors", {}).items():
        combine = facts.get("combine", "")
        kinds = _NUMBERS if combine in ("sum", "min", "max", "mean") else ("contact",)
        members = members_of(sensors, facts.get("members", ()), kinds)
        if name in sensors and members:
            steps = combined_steps(combine, [single[member].steps for member in members])
            groups[name] = _Line(is_contact_like(combine), steps)
    return groups | single


def _read(name: str, sensor: dict[str, Any], history: History, start_ms: int) -> _Line | None:
    if sensor["kind"] == "contact":
        return _Line(is_contact=True, steps=list(history.transitions(name, start_ms, CHANGES_READ)))
    if sensor["kind"] in _NUMBERS:
        return _Line(is_contact=False, steps=list(history.samples(name, start_ms - SPAN_MS, SAMPLES_READ)))
    return None


def _contact_track(name: str, changes: Sequence[Step], rows: Sequence[PushRow], axis: Axis) -> Track:
    open_spans = _spans(changes, axis)
    shown, uncertain = _screen_history(changes, rows)
    shapes = [
        Shape("actual", _bars(open_spans, axis, 2)),
        Shape("shown", _bars(_spans(shown, axis), axis, 15)),
        Shape("uncertain", _bars(_spans(uncertain, axis), axis, 15)),
    ]
    open_ms = sum(end - begin for begin, end in open_spans)
    openings = sum(at >= axis.start_ms and value == 1 for at, value in changes)
    times = "once" if openings == 1 else f"{openings} times"
    description = f"{name}: opened {times}, open for {duration_text(open_ms)} in total"
    return Track(name, 28, [shape for shape in shapes if shape.path], description, _begin(changes, axis))


def _number_track(name: str, sensor: dict[str, Any], samples: list[Step], rows: Sequence[PushRow], axis: Axis) -> Track:
    with suppress(TypeError, ValueError):  # not known, or stale
        samples = [*samples, (axis.now_ms, float(sensor["text"]))]
    within = [value for at, value in samples if at >= axis.start_ms]
    if not within:
        return Track(name, 44, [], f"{name}: no number in the last 24 hours", WIDTH)
    low, high = min(within), max(within)
    if sensor["kind"] == "counter":
        low = min(0.0, low)
    shown, _ = _screen_history(samples, rows)
    shapes = [
        Shape("shown-line", _line(shown, axis, low, high)),
        Shape("line", _line(samples, axis, low, high)),
    ]
    description = f"{name}: between {low:g} and {high:g}, now {within[-1]:g}"
    return Track(name, 44, [shape for shape in shapes if shape.path], description, _begin(samples, axis))


def _begin(steps: Sequence[Step], axis: Axis) -> int:
    return axis.x(steps[0][0]) if steps else WIDTH


def _screen_history(actual: Sequence[Step], rows: Sequence[PushRow]) -> tuple[list[Step], list[Step]]:
    """Return the values that the screen showed, and the spans in which that is uncertain (1 begins, 0 ends one)."""
    instants = [at for at, _ in actual]
    shown: list[Step] = []
    uncertain: list[Step] = []
    for row in rows:
        steps_before = bisect_right(instants, row.made_wall_ms)
        if row.outcome == DELIVERED and steps_before:
            shown.append((row.made_wall_ms, actual[steps_before - 1][1]))
        if row.outcome == DELIVERED or row.outcome in _UNCERTAIN:
            uncertain.append((row.made_wall_ms, 0 if row.outcome == DELIVERED else 1))
    return shown, uncertain


def _spans(steps: Iterable[Step], axis: Axis) -> list[tuple[int, int]]:
    """Return the spans in which the value was 1, cut where the axis begins."""
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for at, value in steps:
        if value and since is None:
            since = at
        elif not value and since is not None:
            spans.append((since, at))
            since = None
    if since is not None:
        spans.append((since, max(since, axis.now_ms)))
    return [(max(begin, axis.start_ms), end) for begin, end in spans if end > axis.start_ms]


def _bars(spans: Iterable[tuple[int, int]], axis: Axis, top: int) -> str:
    """Return rectangles at least two units wide; touching ones are merged, so a flapping contact stays small."""
    merged: list[list[int]] = []
    for begin, end in spans:
        left = axis.x(begin)
        right = max(axis.x(end), left + 2)
        if merged and left <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], right)
        else:
            merged.append([left, right])
    return "".join(f"M{left} {top}H{right}v{BAR_HEIGHT}H{left}z" for left, right in merged)


def _line(steps: Sequence[Step], axis: Axis, low: float, high: float) -> str:
    """Return a stepped line with at most one point for each three units; the last value of those counts."""
    before = [value for at, value in steps if at < axis.start_ms]
    points: dict[int, float] = {0: before[-1]} if before else {}
    for at, value in steps:
        if at >= axis.start_ms:
            points[axis.x(at) // 3 * 3] = value
    if not points:
        return ""
    span = (high - low) or 1.0
    path, last = "", ""
    for x, value in points.items():
        y = f"{41 - (min(max(value, low), high) - low) / span * 38:.1f}"
        if y != last:
            path += f"M{x} {y}" if not path else f"H{x}V{y}"
        last = y
    return path + f"H{WIDTH}"


def _budget_track(name: str, watch: dict[str, Any], rows: Sequence[PushRow], axis: Axis) -> Track:
    capacity = max(1, watch["capacity"])
    changes = sorted([(row.made_wall_ms, -1) for row in rows] + [(row.made_wall_ms + REFILL_MS, 1) for row in rows])
    left = watch["capacity"]
    steps: list[Step] = []
    for at, change in changes:
        left += change
        if at <= axis.now_ms:
            steps.append((at, max(0, left)))
    if not steps or steps[0][0] >= axis.start_ms:
        steps.insert(0, (axis.start_ms - 1, watch["capacity"]))
    line = _line([*steps, (axis.now_ms, watch["left"])], axis, 0, capacity)
    shapes = [Shape("area", f"{line}V44H0z"), Shape("line", line)]
    recent = [row for row in rows if row.made_wall_ms >= axis.start_ms]
    for kind, is_delivered in (("tick ok", True), ("tick warn", False)):
        ticks = sorted({axis.x(row.made_wall_ms) for row in recent if (row.outcome == DELIVERED) == is_delivered})
        if ticks:
            shapes.append(Shape(kind, "".join(f"M{x} 34v10" for x in ticks)))
    description = f"{name}: {len(recent)} pushes in the last 24 hours, {watch['left']} of {watch['capacity']} left"
    return Track(f"{name}: pushes and budget left", 44, shapes, description)


def _refill_track(name: str, watch: dict[str, Any]) -> Track:
    """Return the track of the next 24 hours with a mark where each spent push is refilled."""
    refills_ms = watch["returns_in_ms"]
    marks = sorted({min(WIDTH, refill_ms // 60_000) for refill_ms in refills_ms})
    shapes = [Shape("tick refill", "".join(f"M{x} 3v14" for x in marks))] if marks else []
    hours = [time.strftime("%H:%M", time.localtime(time.time() + refill_ms / 1000)) for refill_ms in refills_ms]
    description = f"{name}: " + (f"the budget is refilled at {', '.join(hours)}" if hours else "no push is spent")
    return Track(f"{name}: refills of the budget, next 24 hours", 20, shapes, description, is_ahead=True)
