"""Pushes for the page: folded by day, the newest first, with Pushover's answer on demand."""

import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from pushglance.core.events import DELIVERED, REFUSED
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.words import OUTCOME_TEXTS
from pushglance.runtime.storage.history import PushRow
from pushglance.runtime.storage.history_writer import day_of
from pushglance.watchface import clean

_OUTCOMES = OUTCOME_TEXTS | {"assumed": "counted as spent"}
_NO_OUTCOME = "no answer yet"


def push_days(rows: Sequence[PushRow], now_ms: int) -> Iterator[dict[str, Any]]:
    """Yield each day that has some of these pushes."""
    today = day_of(now_ms)
    for day, grouped in groupby(rows, key=lambda row: day_of(row.made_wall_ms)):
        pushes = [_push(row) for row in grouped]
        problems = sum(push["severity"] != "ok" for push in pushes)
        yield {
            "day": day,
            "title": _day_title(day, today),
            "is_open": day == today,
            "number": len(pushes),
            "problems": problems,
            "pushes": pushes,
        }


def _day_title(day: int, today: int) -> str:
    if today - day in (0, 1):
        return "Yesterday" if today - day else "Today"
    return time.strftime("%A, %d %b %Y", time.gmtime(day * 86_400))


def _push(row: PushRow) -> dict[str, Any]:
    fields = [(name, clean(row.sent[name])) for name in (*FIELD_NAMES, "message") if name in row.sent]
    return {
        "watch": clean(row.watch),
        "text": " · ".join(text + "%" * (name == "percent") for name, text in fields if text) or "cleared",
        "when": time.strftime("%H:%M:%S", time.localtime(row.made_wall_ms / 1000)),
        "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.made_wall_ms / 1000)),
        "fields": fields,
        "outcome": _NO_OUTCOME if row.outcome is None else _OUTCOMES.get(row.outcome, row.outcome),
        "severity": "ok" if row.outcome == DELIVERED else "error" if row.outcome == REFUSED else "warn",
        "detail": clean(row.detail),
    }
