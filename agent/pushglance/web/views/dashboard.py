"""The data of the status page: the status file and the store, prepared for the templates. It changes nothing.

Every query to the store is bounded, so a page costs the same after a year as on the first day. The queries
run on a copy of the store; only its size grows, it takes some milliseconds, and one copy is made at a time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.words import duration_text
from pushglance.errors import PushglanceError
from pushglance.runtime.status.status_reader import (
    IN_REMARKS,
    age_ms,
    explain_wait,
    is_stale,
    message_problems,
    next_refill_text,
    read_status,
    watch_remarks,
)
from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.history_writer import day_of
from pushglance.watchface import clean, draw_complications
from pushglance.web.charts.axis import SPAN_MS, axis_since
from pushglance.web.charts.day_bars import DAYS, day_bars
from pushglance.web.charts.timeline import day_tracks
from pushglance.web.charts.trends import week_charts

from .health import health_items
from .push_list import push_days
from .sensor_tiles import is_unknown, sensor_tiles, sentence

PUSHES_SHOWN = 15
PUSHES_READ = 1000  # far more than any budget allows in two days
WEEKS_DEFAULT = 5
AXIS_STEP_MS = 10_000  # the axis moves in steps, so that the charts of an open page are not sent with each change


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
        axis_ms = now_ms // AXIS_STEP_MS * AXIS_STEP_MS
        with self._history() as history:
            pushes = history.pushes(PUSHES_READ)
            axis, tracks = (
                (axis_since(None, axis_ms), []) if status is None else day_tracks(status, history, pushes, axis_ms)
            )
            last_values = {} if status is None else _last_values(status, history, now_ms)
            bars = day_bars(history.push_days(day_of(now_ms) - DAYS + 1), day_of(now_ms))
            problem = problem or history.problem
        watches = {} if status is None else status["watches"]
        messages = None if status is None else status.get("messages")
        return {
            "problem": problem,
            "watches": [_watch_context(name, watch) for name, watch in watches.items()],
            "actions": [] if status is None else status.get("page", {}).get("actions", []),
            "tiles": [] if status is None else sensor_tiles(status, last_values),
            "messages": messages and _messages_context(messages),
            "health": health_items(status),
            "bars": bars,
            "axis": axis,
            "tracks": tracks,
            "push_days": list(push_days(pushes[:PUSHES_SHOWN], now_ms)),
            "older_id": pushes[PUSHES_SHOWN - 1].push_id if len(pushes) > PUSHES_SHOWN else None,
            "has_many_watches": len(watches) > 1,
        }

    def older_pushes(self, before_id: int, limit: int) -> dict[str, Any]:
        """Return up to `limit` pushes before this one."""
        with self._history() as history:
            rows = history.pushes(limit + 1, before_id)
        return {
            "push_days": list(push_days(rows[:limit], time.time_ns() // 1_000_000)),
            "older_id": rows[limit - 1].push_id if len(rows) > limit else None,
            "has_many_watches": len({row.watch for row in rows}) > 1,
        }

    def trends(self, number: int) -> dict[str, Any]:
        """Return the charts of the last `number` weeks."""
        status, _ = self.read_status()
        sensors = {} if status is None else status["sensors"]
        facts = {} if status is None else status.get("page", {}).get("sensors", {})
        with self._history() as history:
            return {"weeks": number, **week_charts(history, sensors, facts, number * 7, time.time_ns() // 1_000_000)}


def _last_values(status: dict[str, Any], history: History, now_ms: int) -> dict[str, str]:
    """Return {sensor: its last number and when that was} of numbers that are unknown now."""
    texts = {}
    for name, sensor in status["sensors"].items():
        if is_unknown(sensor) and sensor["kind"] in ("counter", "gauge"):
            for at_ms, value in history.samples(name, now_ms - 2 * SPAN_MS, 1):
                texts[name] = f"last {value:g}, {duration_text(max(0, now_ms - at_ms))} ago"
    return texts


def _messages_context(messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "left": messages["left"],
        "capacity": messages["capacity"],
        "problems": message_problems(messages),
        "sent": [
            (name, "its alarm could not be given" if reported == "missed" else "reported as left open")
            for name, reported in messages["reported"].items()
            if reported != ""
        ],
    }


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
    why, until = _wait(watch)
    return {
        "name": name,
        "complications": draw_complications(texts),
        "shown": [
            (field, "(uncertain)" if shown[field] is None else texts[field]) for field in FIELD_NAMES if field in shown
        ],
        "pending": [(field, pending[field]) for field in FIELD_NAMES if field in pending],
        "why": why,
        "until": until,
        "remarks": watch_remarks(watch),
        "is_paused": watch["paused_ms"] != 0,
        "left": watch["left"],
        "capacity": watch["capacity"],
        "share": share,
        "severity": "error" if share == 0 else "warn" if share <= 20 else "ok",
        "next_refill": next_refill_text(watch),
        "summary": ", ".join(f"{field} {texts[field]}" for field in FIELD_NAMES if texts[field]) or "nothing yet",
    }


def _wait(watch: dict[str, Any]) -> tuple[list[str], str]:
    """Return why a change waits, clause by clause, and the next try after a failure; nothing that a remark says."""
    if watch["why"] in IN_REMARKS or not (watch["pending"] or watch["is_in_flight"]):
        return [], ""
    *clauses, last = explain_wait(watch).split("; ")
    is_end = bool(clauses) and last.startswith("next try")
    if not is_end:
        clauses.append(last)
    clauses.append(watch.get("price_explanation", ""))
    return [sentence(clause) for clause in clauses if clause], sentence(last) if is_end else ""
