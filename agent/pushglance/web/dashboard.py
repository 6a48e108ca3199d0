"""What there is to see at one moment: the live file and the store, brought together for templates. Changes nothing.

Every question to the store is bounded, so that a page costs the same after a year as on the first day, but for the copy
that the questions are put to: some milliseconds, and one copy at a time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from pushglance.core.words import duration_text
from pushglance.errors import PushglanceError
from pushglance.runtime.inputs.sources import SOURCES
from pushglance.runtime.status.status_reader import (
    SILENT_MS,
    age_ms,
    explain_wait,
    next_return,
    read_status,
    remarks_on,
)
from pushglance.runtime.storage.history import History, PushRow
from pushglance.watchface import clean, draw_complications

from .timeline import HOURS_MS, day_lanes
from .trends import weeks

PUSHES_SHOWN = 15
PUSHES_READ = 1000  # for the budget's last two days: far more than any budget allows
WEEKS_DEFAULT = 5
_FIELDS = ("title", "text", "subtext", "count", "percent")
_WORDS = {"unsent": "not sent", "unknown": "no answer", None: "no answer", "assumed": "counted as spent"}
_LINKS = {"pushover": "Pushover", "mqtt": "MQTT broker", "store": "Store", "home assistant": "Home Assistant"}


class Mark(NamedTuple):
    """One line of the health list: what, how it is, and whether that is good ("good", "bad", "")."""

    name: str
    detail: str
    mood: str


class DashboardView:
    """Look at one agent's directories."""

    def __init__(self, state_dir: Path, runtime_dir: Path) -> None:
        self.state_dir = state_dir
        self.runtime_dir = runtime_dir
        self._looking = Lock()

    @contextmanager
    def _history(self) -> Iterator[History]:
        """Copy the store for one answer: one at a time, however many ask."""
        with self._looking, History(self.state_dir) as history:
            yield history

    def live(self) -> tuple[dict[str, Any] | None, str]:
        """Return the live file and "", or what there is of it and why it cannot be believed."""
        try:
            live: dict[str, Any] = _cleaned(read_status(self.runtime_dir))
        except PushglanceError as error:
            return None, str(error)
        silent_ms = age_ms(live)
        if silent_ms > SILENT_MS:
            return live, f"the agent has told nothing for {duration_text(silent_ms)}: what follows is old"
        return live, ""

    def look(self) -> dict[str, Any]:
        """Return everything the page shows."""
        live, trouble = self.live()
        now_ms = time.time_ns() // 1_000_000
        with self._history() as history:
            pushes = history.pushes(PUSHES_READ)
            lanes = [] if live is None else day_lanes(live, history, pushes, now_ms)
        return {
            "trouble": trouble,
            "watches": [] if live is None else [_watch(name, one) for name, one in live["watches"].items()],
            "sensors": [] if live is None else [_sensor(name, one) for name, one in live["sensors"].items()],
            "health": _health(live, trouble),
            "lanes": lanes,
            "hours": _hours(now_ms),
            "pushes": [push_row(row) for row in pushes[:PUSHES_SHOWN]],
            "older_id": pushes[PUSHES_SHOWN - 1].push_id if len(pushes) > PUSHES_SHOWN else None,
            "has_many_watches": live is not None and len(live["watches"]) > 1,
        }

    def older(self, before_id: int, limit: int) -> dict[str, Any]:
        """Return a page of pushes that were booked before this one."""
        with self._history() as history:
            rows = history.pushes(limit + 1, before_id)
        return {
            "pushes": [push_row(row) for row in rows[:limit]],
            "older_id": rows[limit - 1].push_id if len(rows) > limit else None,
            "has_many_watches": len({row.watch for row in rows}) > 1,
        }

    def weeks(self, number: int) -> dict[str, Any]:
        """Return the last weeks, a bar for each day."""
        live, _ = self.live()
        sensors = {} if live is None else live["sensors"]
        with self._history() as history:
            return {"weeks": number, **weeks(history, sensors, number * 7, time.time_ns() // 1_000_000)}


def _cleaned(value: Any) -> Any:
    """Return JSON whose texts hold nothing that no screen can show; markup is left to the templates' escaping."""
    if isinstance(value, dict):
        return {clean(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return clean(value) if isinstance(value, str) else value


def _watch(name: str, watch: dict[str, Any]) -> dict[str, Any]:
    shown, pending = watch["shown"], watch["pending"]
    told = {field: shown.get(field) or "" for field in _FIELDS}
    share = watch["left"] * 100 // watch["capacity"] if watch["capacity"] else 0
    return {
        "name": name,
        "faces": draw_complications(told),
        "fields": [
            {
                "name": field,
                "shown": "(in doubt)" if field in shown and shown[field] is None else told[field],
                "pending": pending.get(field),
            }
            for field in _FIELDS
            if field in shown or field in pending
        ],
        "why": explain_wait(watch) if pending or watch["is_in_flight"] else "",
        "price": watch.get("price_s"),
        "worth": watch.get("worth_s"),
        "remarks": remarks_on(watch),
        "left": watch["left"],
        "capacity": watch["capacity"],
        "share": share,
        "mood": "bad" if share == 0 else "warm" if share <= 20 else "good",
        "next_return": next_return(watch),
        "says": ", ".join(f"{field} {told[field]}" for field in _FIELDS if told[field]) or "nothing yet",
    }


def _sensor(name: str, sensor: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": sensor["kind"],
        "source": SOURCES[sensor["source"]].noun if sensor["source"] in SOURCES else sensor["source"],
        "text": sensor["text"],
        "unreadable": sensor["unreadable"],
        "lost": sensor.get("lost", 0),  # an agent from before an upgrade does not tell
    }


def _health(live: dict[str, Any] | None, trouble: str) -> list[Mark]:
    if live is None:
        return [Mark("Agent", "not running", "bad")]
    links = live["links"]
    marks = [Mark("Agent", "silent" if trouble else f"running, process {live['pid']}", "bad" if trouble else "good")]
    for link in sorted({*(["pushover"] if live["watches"] else []), *links}):
        if link not in links:
            marks.append(Mark(_LINKS[link], "not tried yet", ""))
        else:
            marks.append(Mark(_LINKS.get(link, link), *(("there", "good") if links[link] else ("away", "bad"))))
    for node, is_up in sorted(live.get("nodes", {}).items()):
        marks.append(Mark(f"Node {node}", *(("there", "good") if is_up else ("away", "bad"))))
    pins = sum(sensor["source"] == "gpio" for sensor in live["sensors"].values())
    if pins:
        marks.append(Mark("Pins", f"{pins} watched", "good"))
    is_trusted = live["is_clock_trusted"]
    marks.append(
        Mark("Clock", "set from the network" if is_trusted else "not trusted yet", "good" if is_trusted else "warm")
    )
    for name, lost in (
        ("Dropped facts", live["dropped"]),
        ("Lost edges", sum(sensor.get("lost", 0) for sensor in live["sensors"].values())),
    ):
        marks.append(Mark(name, str(lost), "bad" if lost else "good"))
    if live["unsaved"]:
        marks.append(Mark("Not saved yet", str(live["unsaved"]), "bad"))
    return marks


def push_row(row: PushRow) -> dict[str, Any]:
    """Return one push for a table."""
    outcome = _WORDS.get(row.outcome, row.outcome)
    return {
        "id": row.push_id,
        "watch": clean(row.watch),
        "when": time.strftime("%a %d %b %H:%M:%S", time.localtime(row.made_wall_ms / 1000)),
        "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.made_wall_ms / 1000)),
        "fields": [(name, clean(row.sent[name])) for name in (*_FIELDS, "message") if name in row.sent],
        "outcome": outcome,
        "mood": "good" if row.outcome == "delivered" else "bad" if row.outcome == "refused" else "warm",
        "detail": clean(row.detail),
    }


def _hours(now_ms: int) -> list[tuple[float, str]]:
    """Return the full hours of the last day that get a label: (share of the width in percent, "18:00")."""
    found = []
    for hours_ago in range(25):
        at_s = (now_ms // 1000) - hours_ago * 3600
        local = time.localtime(at_s)
        at_ms = (at_s - local.tm_min * 60 - local.tm_sec) * 1000
        if local.tm_hour % 6 == 0 and 0 <= now_ms - at_ms <= HOURS_MS:
            found.append((round(100 - (now_ms - at_ms) * 100 / HOURS_MS, 2), f"{local.tm_hour:02d}:00"))
    return found[::-1]
