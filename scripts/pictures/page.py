"""Draw the README's pictures of the status page: a made-up day, lived through by the real core and the real store.

Time is virtual and ends now; what the page shows of it, it shows as always. Needs chromium.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from pushglance.core.commands import CancelPush, PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import (
    DELIVERED,
    UNKNOWN,
    ClockSet,
    DayChanged,
    EdgeSeen,
    LinkChanged,
    PulsesSeen,
    PushFinished,
    Record,
    TimePassed,
    ValueSeen,
)
from pushglance.core.status.status_snapshot import status_snapshot
from pushglance.plan import compile_plan
from pushglance.runtime.status.status_file import FORMAT
from pushglance.runtime.storage import history_writer, ledger_tables
from pushglance.runtime.storage.store import SqliteStore
from pushglance.settings import load_settings

FOLDER = Path(__file__).parent
SETTINGS = """
[mqtt]
host = "localhost"

[sensors.garage]
kind = "contact"
gpio = 17
open = "Garage open"
closed = "Garage closed"
urgent = true

[sensors.visitors]
kind = "counter"
gpio = 27
resets = "daily"

[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
deadband = 2

[glance]
title = "Home"
text = "{garage} {garage.since}"
subtext = "{visitors} visitors today"
count = "{visitors}"
percent = "{tank}"
"""
KEY = "a" * 30
HOUR_MS = 3_600_000
SPAN_MS = 40 * HOUR_MS
SEED = 8
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def day_of_a_house(luck: random.Random, starts_s: int) -> Iterator[Record]:
    """Yield what a door, a light barrier and a tank do: little at night, most in the evening."""
    yield EdgeSeen(0, "garage", 0)
    at_ms, level, visitors, tank = 60_000, 0, 0, 91.0
    while at_ms < SPAN_MS:
        hour = time.localtime(starts_s + at_ms // 1000).tm_hour
        if luck.random() < (0.02 if hour < 6 else 0.14 if hour in (7, 8, 17, 18, 19) else 0.06):
            level = 1 - level
            yield EdgeSeen(at_ms, "garage", level)
        if 7 <= hour <= 21 and luck.random() < 0.3:
            visitors += luck.randrange(1, 3)
            yield PulsesSeen(at_ms + 1, "visitors", visitors)
        if luck.random() < 0.1:
            tank = 93.0 if tank < 38 else tank - luck.random() * 4
            yield ValueSeen(at_ms + 2, "tank", f"{tank:.1f}", 0)
        at_ms += 5 * 60_000


class Past:
    """Live through events in virtual time, into a store."""

    def __init__(self, folder: Path) -> None:
        (folder / "p.toml").write_text(SETTINGS)
        os.environ |= {"PUSHGLANCE_PUSHOVER__TOKEN": KEY, "PUSHGLANCE_PUSHOVER__USER": KEY}
        plan = compile_plan(load_settings(folder / "p.toml"))
        self.start_wall_ms = time.time_ns() // 1_000_000 - SPAN_MS
        self.now_ms = 0
        for room in (history_writer, ledger_tables):
            room.wall_ms = lambda: self.start_wall_ms + self.now_ms
        ledger_tables.monotonic_ms = lambda: self.now_ms
        self.store = SqliteStore(folder / "state", plan["watches"], "boot")
        self.decider = Decider(plan, self.store.load(0), 0)
        self._luck = random.Random(SEED)  # noqa: S311 - the same picture each time

    def live(self, events: Iterator[Record]) -> None:
        """SimulatorInput in each event at its instant, and wake the core at its deadlines between them."""
        zone_s = time.localtime().tm_gmtoff
        self._tell(ClockSet(0, self.start_wall_ms, zone_s))
        self._tell(LinkChanged(0, "mqtt", 1))
        days = {}
        for event in events:
            day = (self.start_wall_ms + event.at_ms) // 1000 + zone_s
            days.setdefault(day // 86_400, DayChanged(event.at_ms, day // 86_400))
            self._pass_to(event.at_ms)
            if days[day // 86_400].at_ms == event.at_ms:
                self._tell(days[day // 86_400])
            self._tell(event)
        self._pass_to(SPAN_MS)

    def _pass_to(self, until_ms: int) -> None:
        while (deadline := self.decider.deadline_ms()) is not None and deadline <= until_ms:
            self._tell(TimePassed(max(self.now_ms, deadline)))
        self._tell(TimePassed(until_ms))

    def _tell(self, event: Record) -> None:
        self.now_ms = max(self.now_ms, event.at_ms)
        commands = self.decider.handle(event)
        self.store.save([one for one in commands if not isinstance(one, (PushGlance, CancelPush, Reply))], self.now_ms)
        for command in commands:
            if isinstance(command, PushGlance):
                outcome = UNKNOWN if self._luck.random() < 0.05 else DELIVERED
                detail = "no answer in time" if outcome == UNKNOWN else f"request {self._luck.randrange(16**8):08x}"
                self._tell(PushFinished(self.now_ms, command.watch, command.push_id, outcome, 0, 0, detail))
                self._tell(LinkChanged(self.now_ms, "pushover", 1))

    def write_live(self, folder: Path) -> None:
        """Write the live file of the last moment."""
        folder.mkdir()
        live = {
            "format": FORMAT,
            "pid": os.getpid(),
            "wall_ms": time.time_ns() // 1_000_000,
            "dropped": 0,
            "unsaved": 0,
        }
        (folder / "live.json").write_text(json.dumps({**live, **status_snapshot(self.decider, self.now_ms)}))


def shoot(address: str) -> None:
    """Take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 840}, color_scheme="light")
        page.goto(address)
        page.locator("#day").wait_for()
        page.screenshot(path=FOLDER / "page.png")
        page.locator(".faces").first.screenshot(path=FOLDER / "watch.png")
        browser.close()


def main() -> None:
    """Live the day and take the pictures."""
    with tempfile.TemporaryDirectory() as name:
        past = Past(Path(name))
        luck = random.Random(SEED)  # noqa: S311 - the same picture each time
        past.live(day_of_a_house(luck, past.start_wall_ms // 1000))
        past.store.close()
        past.write_live(Path(name) / "run")
        surroundings = os.environ | {"STATE_DIRECTORY": f"{name}/state", "RUNTIME_DIRECTORY": f"{name}/run"}
        command = [sys.executable, "-m", "pushglance", "web", "--port", "0"]
        with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            shoot(server.stdout.readline().split()[4])
            server.terminate()


if __name__ == "__main__":
    main()
