"""The two directories of an agent, written by a test: a status page shows them without a running daemon."""

import json
import os
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from pushglance.runtime.status.status_file import FORMAT
from pushglance.runtime.storage.history_writer import day_of
from pushglance.runtime.storage.store import NAME, SqliteStore
from pushglance.web.access.authentication import Authenticator
from pushglance.web.app import LOCAL_NAMES, build_app
from support import plans

HOUR_MS = 3_600_000
PASSWORD = "a horse and a battery"

WATCH: dict[str, Any] = {
    "shown": {"title": "Home", "text": "Garage open", "count": "0", "percent": "62"},
    "pending": {"percent": "40"},
    "why": "spacing",
    "next_in_ms": 600_000,
    "is_in_flight": 0,
    "capacity": 50,
    "left": 48,
    "next_return_in_ms": HOUR_MS,
    "returns_in_ms": [HOUR_MS, 2 * HOUR_MS],
    "parked": "",
    "paused_ms": 0,
    "sensors": ["garage", "visitors", "tank"],
}
SENSORS: dict[str, Any] = {
    "garage": {"kind": "contact", "source": "gpio", "text": "Garage open", "unreadable": 0},
    "visitors": {"kind": "counter", "source": "gpio", "text": "5", "unreadable": 0},
    "tank": {"kind": "gauge", "source": "mqtt", "text": "40", "unreadable": 3},
    "note": {"kind": "text", "source": "mqtt", "text": None, "unreadable": 0},
}


class AgentDirectories:
    """State and runtime directory of an agent. A test changes `status` and calls `write_status`."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.run = folder / "run"
        self.run.mkdir()
        self.status: dict[str, Any] = {
            "format": FORMAT,
            "pid": os.getpid(),
            "wall_ms": self.now_ms(),
            "dropped": 0,
            "unsaved": 0,
            "sensors": json.loads(json.dumps(SENSORS)),
            "watches": {"watch": json.loads(json.dumps(WATCH))},
            "links": {"pushover": 1, "mqtt": 0},
            "is_clock_trusted": 1,
            "replies": [],
        }

    @staticmethod
    def now_ms() -> int:
        """Return the wall time in milliseconds."""
        return int(time.time() * 1000)

    def write_status(self) -> None:
        """Write `status` to the status file, in one step as the daemon does."""
        (self.run / "live.tmp").write_text(json.dumps(self.status))
        (self.run / "live.tmp").replace(self.run / "live.json")

    def open_store(self) -> sqlite3.Connection:
        """Create a store as the daemon does and return a connection for writing the history that a test needs."""
        store = SqliteStore(self.state, [plans.watch()], "boot-1")
        store.load(0)
        store.close()
        return sqlite3.connect(self.state / NAME)

    def client(
        self, authenticator: Authenticator | None = None, hosts: Collection[str] | None = LOCAL_NAMES
    ) -> TestClient:
        """Return an HTTP client of a status page over these directories."""
        app = build_app(self.state, self.run, authenticator, hosts)
        return TestClient(app, base_url="http://127.0.0.1:8787", follow_redirects=False, client=("10.0.0.7", 5))


def write_year(directories: AgentDirectories) -> None:
    """Write 10 000 pushes, 50 000 changes of a flapping contact, numbers of two days, and totals of 400 days."""
    database = directories.open_store()
    now_ms, today = directories.now_ms(), day_of(directories.now_ms())
    account, device = database.execute("SELECT account, device FROM names").fetchone()
    sent = json.dumps({"title": "Home", "text": "Garage open since 14:05", "count": "3", "percent": "63"})
    database.executemany(
        "INSERT INTO pushes VALUES (?, ?, ?, ?, ?, 'delivered', 'request 4e3758f7-31b8-4e37-8fe0')",
        [(n, account, device, now_ms - (10_000 - n) * 1_800_000, sent) for n in range(1, 10_001)],
    )
    database.executemany(
        "INSERT INTO transitions (sensor, wall_ms, value) VALUES ('garage', ?, ?)",
        [(now_ms - n * 7000, n % 2) for n in range(50_000)],
    )
    samples = [(name, now_ms - n * 300_000, n * 37 % 100) for n in range(576) for name in ("visitors", "tank")]
    database.executemany("INSERT INTO samples (sensor, wall_ms, value) VALUES (?, ?, ?)", samples)
    days = [(name, today - n, 9, 1.0, n * 31 % 100, 5.0) for n in range(400) for name in ("garage", "visitors", "tank")]
    database.executemany("INSERT INTO days VALUES (?, ?, ?, ?, ?, ?)", days)
    pushed = [(account, device, today - n, "delivered", n % 50) for n in range(400)]
    database.executemany("INSERT INTO push_days VALUES (?, ?, ?, ?, ?)", pushed)
    database.commit()
    database.close()
