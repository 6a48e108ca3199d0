"""The store as others may look at it: read only, while the daemon writes."""

import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from .store import NAME


class PushRow(NamedTuple):
    """One push: when by the wall clock (ms since 1970), the fields, and how it ended (None: no answer)."""

    made_wall_ms: int
    sent: dict[str, str]
    outcome: str | None
    said: str


def last_pushes(directory: Path, limit: int) -> list[PushRow]:
    """Return the newest pushes, newest first; none if there is no store, or not one that we may read."""
    try:
        database = sqlite3.connect(f"file:{directory / NAME}?mode=ro", uri=True)
    except sqlite3.Error:
        return []
    try:
        rows = database.execute(
            "SELECT made_wall_ms, sent, outcome, said FROM pushes ORDER BY push_id DESC LIMIT ?", (limit,)
        ).fetchall()
    except sqlite3.Error:
        return []
    finally:
        database.close()
    return [PushRow(made, json.loads(sent), outcome, said) for made, sent, outcome, said in rows]
