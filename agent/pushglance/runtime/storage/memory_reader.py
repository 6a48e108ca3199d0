"""Read the Memory for the core from the rows of the store."""

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from pushglance.core.wall_clock import UNKNOWN_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pushglance.core.plan_types import PushTargetPlan


def read_memory(database: sqlite3.Connection, watches: "Mapping[str, PushTargetPlan]", boot: str) -> dict[str, Any]:
    """Return the Memory for `Decider`, except `opened_ms`; instants of other boots than `boot` are -1."""
    states = database.execute("SELECT name, state FROM sensors").fetchall()
    models = database.execute("SELECT name, state FROM models").fetchall()
    (push_id,) = database.execute(
        "SELECT max(coalesce((SELECT max(push_id) FROM pushes), 0),"
        " coalesce((SELECT value FROM counts WHERE name = 'push_id'), 0))"
    ).fetchone()
    return {
        "push_id": push_id,
        "sensors": {name: json.loads(state) for name, state in states},
        "watches": {
            name: _read_watch(database, watch["account"], watch["device"], boot) for name, watch in watches.items()
        },
        "learnt": {name: json.loads(state) for name, state in models},
    }


def _read_watch(database: sqlite3.Connection, account: str, device: str, boot: str) -> dict[str, Any]:
    # A push to all devices of a user (device '') counts for each of them, and theirs for it.
    debits = database.execute(
        "SELECT push_id, CASE WHEN boot = ? THEN until_ms ELSE ? END, until_wall_ms FROM pushes"
        " WHERE account = ? AND (device = ? OR device = '' OR ? = '') AND until_ms IS NOT NULL ORDER BY push_id",
        (boot, UNKNOWN_MS, account, device, device),
    ).fetchall()
    row = database.execute(
        "SELECT shown, parked, fingerprint FROM watches WHERE account = ? AND device = ?", (account, device)
    ).fetchone()
    shown, parked, fingerprint = row or ("{}", "", "")
    return {
        "debits": [list(debit) for debit in debits],
        "shown": json.loads(shown),
        "parked": parked,
        "fingerprint": fingerprint,
        "pause": _read_pause(database, account, device, boot),
    }


def _read_pause(database: sqlite3.Connection, account: str, device: str, boot: str) -> dict[str, int]:
    row = database.execute(
        "SELECT for_ms, CASE WHEN boot = ? THEN until_ms ELSE ? END, until_wall_ms FROM pauses"
        " WHERE account = ? AND device = ?",
        (boot, UNKNOWN_MS, account, device),
    ).fetchone()
    return dict(zip(("for_ms", "until_ms", "until_wall_ms"), row, strict=True)) if row else {}
