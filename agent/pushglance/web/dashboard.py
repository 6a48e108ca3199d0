"""The data of the status page: the status file and the store, prepared for the templates. It changes nothing.

Every query to the store is bounded, so a page costs the same after a year as on the first day. The queries
run on a copy of the store; only its size grows, it takes some milliseconds, and one copy is made at a time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from pushglance.core.events import DELIVERED, REFUSED
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.words import LINK_NAMES, OUTCOME_TEXTS, duration_text
from pushglance.errors import PushglanceError
from pushglance.runtime.inputs.sources import SOURCES
from pushglance.runtime.status.status_reader import (
    age_ms,
    explain_wait,
    is_quota_low,
    is_stale,
    link_reasons,
    message_problems,
    next_refill_text,
    quota_text,
    read_status,
    sensor_problem,
    watch_remarks,
)
from pushglance.runtime.storage.history import History, PushRow
from pushglance.watchface import clean, draw_complications

from .timeline import SPAN_MS, day_tracks
from .trends import week_charts

PUSHES_SHOWN = 15
PUSHES_READ = 1000  # far more than any budget allows in two days
WEEKS_DEFAULT = 5
_OUTCOMES = OUTCOME_TEXTS | {"assumed": "counted as spent"}
_NO_OUTCOME = "no answer yet"


class HealthItem(NamedTuple):
    """One line of the health list; `severity` is "ok", "warn", "error" or "" (not known) and selects the colour."""

    name: str
    detail: str
    severity: str


class DashboardView:
    """Read the directories of one agent."""

    def __init__(self, state_dir: Path, runtime_dir: Path) -> None:
        self.state_dir = state_dir
        self.runtime_dir = runtime_dir
        self._copy_lock = Lock()

    @contextmanager
    def _history(self) -> Iterator[History]:
        """Copy the store for one response; only one copy exists at a time."""
        with self._copy_lock, History(self.state_dir) as history:
            yield history

    def read_status(self) -> tuple[dict[str, Any] | None, str]:
        """Return the status and "", or the status (None if unreadable) and why it is not up to date."""
        try:
            status: dict[str, Any] = _clean_texts(read_status(self.runtime_dir))
        except PushglanceError as error:
            return None, str(error)
        if status.get("stuck"):
            return status, f"no progress: {', '.join(status['stuck'])}; systemd restarts the agent if this lasts"
        if is_stale(status):
            return status, f"no update from the agent for {duration_text(age_ms(status))}; the values below are old"
        return status, ""

    def page_context(self) -> dict[str, Any]:
        """Return everything that the page shows."""
        time.tzset()  # the zone may have been changed since the last page
        status, problem = self.read_status()
        now_ms = time.time_ns() // 1_000_000
        with self._history() as history:
            pushes = history.pushes(PUSHES_READ)
            tracks = [] if status is None else day_tracks(status, history, pushes, now_ms)
            problem = problem or history.problem
        watches = {} if status is None else status["watches"]
        sensors = {} if status is None else status["sensors"]
        return {
            "problem": problem,
            "watches": [_watch_context(name, watch) for name, watch in watches.items()],
            "sensors": [_sensor_context(name, sensor) for name, sensor in sensors.items()],
            "health": _health(status),
            "tracks": tracks,
            "hours": _hour_labels(now_ms),
            "pushes": [push_context(row) for row in pushes[:PUSHES_SHOWN]],
            "older_id": pushes[PUSHES_SHOWN - 1].push_id if len(pushes) > PUSHES_SHOWN else None,
            "has_many_watches": len(watches) > 1,
        }

    def older_pushes(self, before_id: int, limit: int) -> dict[str, Any]:
        """Return up to `limit` pushes before this one."""
        with self._history() as history:
            rows = history.pushes(limit + 1, before_id)
        return {
            "pushes": [push_context(row) for row in rows[:limit]],
            "older_id": rows[limit - 1].push_id if len(rows) > limit else None,
            "has_many_watches": len({row.watch for row in rows}) > 1,
        }

    def trends(self, number: int) -> dict[str, Any]:
        """Return the charts of the last `number` weeks."""
        status, _ = self.read_status()
        sensors = {} if status is None else status["sensors"]
        with self._history() as history:
            return {"weeks": number, **week_charts(history, sensors, number * 7, time.time_ns() // 1_000_000)}


def _clean_texts(value: Any) -> Any:
    """Return JSON without characters that no screen can show; the templates escape markup."""
    if isinstance(value, dict):
        return {clean(key): _clean_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean_texts(inner) for inner in value]
    return clean(value) if isinstance(value, str) else value


def _watch_context(name: str, watch: dict[str, Any]) -> dict[str, Any]:
    shown, pending = watch["shown"], watch["pending"]
    texts = {field: shown.get(field) or "" for field in FIELD_NAMES}
    share = watch["left"] * 100 // watch["capacity"] if watch["capacity"] else 0
    return {
        "name": name,
        "complications": draw_complications(texts),
        "fields": [
            {
                "name": field,
                "shown": "(uncertain)" if field in shown and shown[field] is None else texts[field],
                "pending": pending.get(field),
            }
            for field in FIELD_NAMES
            if field in shown or field in pending
        ],
        "why": explain_wait(watch) if pending or watch["is_in_flight"] else "",
        "price": watch.get("price_s"),
        "worth": watch.get("worth_s"),
        "remarks": watch_remarks(watch),
        "left": watch["left"],
        "capacity": watch["capacity"],
        "share": share,
        "severity": "error" if share == 0 else "warn" if share <= 20 else "ok",
        "next_refill": next_refill_text(watch),
        "summary": ", ".join(f"{field} {texts[field]}" for field in FIELD_NAMES if texts[field]) or "nothing yet",
    }


def _sensor_context(name: str, sensor: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": sensor["kind"],
        "source": SOURCES[sensor["source"]].noun if sensor["source"] in SOURCES else sensor["source"],
        "text": sensor["text"],
        "unreadable": sensor["unreadable"],
        "implausible": sensor.get("implausible", 0),
        "lost": sensor.get("lost", 0),  # missing if an agent of an older version still runs
        "problem": sensor_problem(sensor),
    }


def _health(status: dict[str, Any] | None) -> list[HealthItem]:
    if status is None:
        return [HealthItem("Agent", "not running", "error")]
    links, reasons = status["links"], link_reasons(status)
    agent = HealthItem("Agent", f"running, process {status['pid']}", "ok")
    items = [HealthItem("Agent", "no updates", "error") if is_stale(status) else agent]
    if quota := quota_text(status):
        items.append(HealthItem("Quota", quota, "warn" if is_quota_low(status) else "ok"))
    items += [HealthItem(f"Worker {worker}", "makes no progress", "error") for worker in status.get("stuck", ())]
    for link in sorted({*(["pushover"] if status["watches"] else []), *links}):
        name = LINK_NAMES.get(link, link)
        down = f"not connected: {reasons[link]}" if link in reasons else "not connected"
        state = ("not tried yet", "") if link not in links else _link_state(links[link], "connected", down)
        items.append(HealthItem(name[:1].upper() + name[1:], *state))
    if messages := status.get("messages"):
        problems = message_problems(messages)
        detail = "; ".join(problems) or f"{messages['left']} of {messages['capacity']} left"
        items.append(HealthItem("Messages", detail, "error" if problems else "ok"))
    for node, is_up in sorted(status.get("nodes", {}).items()):
        items.append(HealthItem(f"Node {node}", *_link_state(is_up, "online", "offline")))
    pins = sum(sensor["source"] == "gpio" for sensor in status["sensors"].values())
    if pins:
        items.append(HealthItem("Pins", f"{pins} in use", "ok"))
    clock = ("set from the network", "ok") if status["is_clock_trusted"] else ("not trusted yet", "warn")
    items.append(HealthItem("Clock", *clock))
    lost_edges = sum(sensor.get("lost", 0) for sensor in status["sensors"].values())
    for name, number in (("Dropped events", status["dropped"]), ("Lost edges", lost_edges)):
        items.append(HealthItem(name, str(number), "error" if number else "ok"))
    if status["unsaved"]:
        items.append(HealthItem("Not saved yet", str(status["unsaved"]), "error"))
    return items


def _link_state(is_up: object, up: str, down: str) -> tuple[str, str]:
    return (up, "ok") if is_up else (down, "error")


def push_context(row: PushRow) -> dict[str, Any]:
    """Return one push for a table."""
    return {
        "id": row.push_id,
        "watch": clean(row.watch),
        "when": time.strftime("%a %d %b %H:%M:%S", time.localtime(row.made_wall_ms / 1000)),
        "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.made_wall_ms / 1000)),
        "fields": [(name, clean(row.sent[name])) for name in (*FIELD_NAMES, "message") if name in row.sent],
        "outcome": _NO_OUTCOME if row.outcome is None else _OUTCOMES.get(row.outcome, row.outcome),
        "severity": "ok" if row.outcome == DELIVERED else "error" if row.outcome == REFUSED else "warn",
        "detail": clean(row.detail),
    }


def _hour_labels(now_ms: int) -> list[tuple[float, str]]:
    """Return a label for every sixth full hour of the last day: (share of the width in percent, "18:00")."""
    labels = []
    for hours_ago in range(25):
        at_s = (now_ms // 1000) - hours_ago * 3600
        local = time.localtime(at_s)
        at_ms = (at_s - local.tm_min * 60 - local.tm_sec) * 1000
        if local.tm_hour % 6 == 0 and 0 <= now_ms - at_ms <= SPAN_MS:
            labels.append((round(100 - (now_ms - at_ms) * 100 / SPAN_MS, 2), f"{local.tm_hour:02d}:00"))
    return labels[::-1]
