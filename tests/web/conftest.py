"""A page over a store and a live file that a test writes, without a daemon."""

import json
import os
import sqlite3
import time

import pytest
from starlette.testclient import TestClient

from pushglance.runtime.status.status_file import FORMAT
from pushglance.runtime.storage.store import NAME, SqliteStore
from pushglance.web.access_middleware import LOCAL_NAMES
from pushglance.web.app import build_app
from pushglance.web.authentication import Authenticator, hash_password
from support import plans

PASSWORD = "a horse and a battery"
HOUR = 3_600_000

WATCH = {
    "shown": {"title": "Home", "text": "Garage open", "count": "0", "percent": "62"},
    "pending": {"percent": "40"},
    "why": "spacing",
    "next_in_ms": 600_000,
    "is_in_flight": 0,
    "capacity": 50,
    "left": 48,
    "next_return_in_ms": HOUR,
    "returns_in_ms": [HOUR, 2 * HOUR],
    "parked": "",
    "paused_ms": 0,
    "sensors": ["garage", "visitors", "tank"],
}
SENSORS = {
    "garage": {"kind": "contact", "source": "gpio", "text": "Garage open", "unreadable": 0},
    "visitors": {"kind": "counter", "source": "gpio", "text": "5", "unreadable": 0},
    "tank": {"kind": "gauge", "source": "mqtt", "text": "40", "unreadable": 3},
    "note": {"kind": "text", "source": "mqtt", "text": None, "unreadable": 0},
}


class House:
    """Directories of an agent, filled by hand."""

    def __init__(self, folder):
        self.state = folder / "state"
        self.run = folder / "run"
        self.run.mkdir()
        self.live = {
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
    def now_ms():
        return int(time.time() * 1000)

    def tell(self):
        """Write the live file as a daemon does."""
        (self.run / "live.tmp").write_text(json.dumps(self.live))
        (self.run / "live.tmp").replace(self.run / "live.json")

    def open_store(self):
        """Make a store as the daemon does, and return a connection to write whatever past a test needs."""
        store = SqliteStore(self.state, [plans.watch()], "boot-1")
        store.load(0)
        store.close()
        return sqlite3.connect(self.state / NAME)

    def client(self, door=None, hosts=LOCAL_NAMES):
        """Return a browser without eyes."""
        app = build_app(self.state, self.run, door, hosts)
        return TestClient(app, base_url="http://127.0.0.1:8787", follow_redirects=False, client=("10.0.0.7", 5))


@pytest.fixture
def house(tmp_path):
    """A house whose agent runs and has told its state."""
    house = House(tmp_path)
    house.tell()
    return house


@pytest.fixture
def client(house):
    """A client of a page without a password."""
    with house.client() as client:
        yield client


@pytest.fixture(scope="session")
def kept():
    """The line that keeps the password; a hash takes its time."""
    return hash_password(PASSWORD)


class Clock:
    """Wall seconds that a test sets."""

    now_s = 1_800_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(kept, clock):
    """The door of a page with a password."""
    return Authenticator(kept, clock)


@pytest.fixture
def locked(house, door):
    """A client of a page with a password."""
    with house.client(door, hosts=None) as client:
        yield client
