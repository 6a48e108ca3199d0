"""Take the screenshot of the status page, after a simulated day of the real core and the real store.

The time of the simulation is virtual and ends now. Needs chromium.
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
from typing import Any

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
    TimePassed,
    ValueSeen,
)
from pushglance.core.status.status_snapshot import status_snapshot
from pushglance.plan import compile_plan
from pushglance.runtime import clock
from pushglance.runtime.status.page_facts import page_facts
from pushglance.runtime.status.status_file import FORMAT
from pushglance.runtime.storage import history_writer
from pushglance.runtime.storage.store import SqliteStore
from pushglance.settings import load_settings

FOLDER = Path(__file__).parent
SETTINGS = """
[mqtt]
host = "localhost"

[sensors.garage]
kind = "contact"
gpio = 17
device_class = "garage_door"
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
unit = "%"
deadband = 2

[glance]
title = "Home"
text = "{garage}"
subtext = "since {garage.since}"
count = "{visitors}"
percent = "{tank}"
"""
Event = Any  # any class of core.events with `at_ms`
KEY = "a" * 30
HOUR_MS = 3_600_000
SPAN_MS = 40 * HOUR_MS
SEED = 8
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def simulate_sensors(rng: random.Random, starts_s: int) -> Iterator[Event]:
    """Yield events of a door, a light barrier and a tank: few at night, most in the evening."""
    yield EdgeSeen(0, "garage", 0)
    at_ms, level, visitors, tank = 60_000, 0, 0, 91.0
    while at_ms < SPAN_MS:
        hour = time.localtime(starts_s + at_ms // 1000).tm_hour
        if rng.random() < (0.02 if hour < 6 else 0.14 if hour in (7, 8, 17, 18, 19) else 0.06):
            level = 1 - level
            yield EdgeSeen(at_ms, "garage", level)
        if 7 <= hour <= 21 and rng.random() < 0.3:
            visitors += rng.randrange(1, 3)
            yield PulsesSeen(at_ms + 1, "visitors", visitors)
        if rng.random() < 0.1:
            tank = 93.0 if tank < 38 else tank - rng.random() * 4
            yield ValueSeen(at_ms + 2, "tank", f"{tank:.1f}", 0)
        at_ms += 5 * 60_000


class SimulatedAgent:
    """The core and the store of an agent, run in virtual time."""

    def __init__(self, folder: Path) -> None:
        (folder / "p.toml").write_text(SETTINGS)
        os.environ |= {"PUSHGLANCE_PUSHOVER__TOKEN": KEY, "PUSHGLANCE_PUSHOVER__USER": KEY}
        plan = compile_plan(load_settings(folder / "p.toml"))
        self._page = page_facts(plan)
        self.start_wall_ms = time.time_ns() // 1_000_000 - SPAN_MS
        self.now_ms = 0
        history_writer.wall_ms = clock.wall_ms = lambda: self.start_wall_ms + self.now_ms
        clock.monotonic_ms = lambda: self.now_ms
        self.store = SqliteStore(folder / "state", plan["watches"], "boot")
        self.decider = Decider(plan, self.store.load(0), 0)
        self._rng = random.Random(SEED)  # noqa: S311 - a seed gives the same picture each time

    def run(self, events: Iterator[Event]) -> None:
        """Handle each event at its time, and advance the core to its deadlines between them."""
        zone_s = time.localtime().tm_gmtoff
        self._handle(ClockSet(0, self.start_wall_ms, zone_s))
        self._handle(LinkChanged(0, "mqtt", 1))
        last_day = -1
        for event in events:
            self._advance(event.at_ms)
            day = ((self.start_wall_ms + event.at_ms) // 1000 + zone_s) // 86_400
            if day != last_day:
                self._handle(DayChanged(event.at_ms, day))
                last_day = day
            self._handle(event)
        self._advance(SPAN_MS)

    def _advance(self, until_ms: int) -> None:
        while (deadline := self.decider.deadline_ms()) is not None and deadline <= until_ms:
            self._handle(TimePassed(max(self.now_ms, deadline)))
        self._handle(TimePassed(until_ms))

    def _handle(self, event: Event) -> None:
        self.now_ms = max(self.now_ms, event.at_ms)
        commands = self.decider.handle(event)
        self.store.save(
            [command for command in commands if not isinstance(command, (PushGlance, CancelPush, Reply))], self.now_ms
        )
        for command in commands:
            if isinstance(command, PushGlance):
                outcome = UNKNOWN if self._rng.random() < 0.05 else DELIVERED
                detail = "no answer in time" if outcome == UNKNOWN else f"request {self._rng.randrange(16**8):08x}"
                self._handle(PushFinished(self.now_ms, command.watch, command.push_id, outcome, 0, 0, detail))
                self._handle(LinkChanged(self.now_ms, "pushover", 1))

    def write_status(self, folder: Path) -> None:
        """Write the status file at the end of the simulation."""
        folder.mkdir()
        status = {
            "format": FORMAT,
            "pid": os.getpid(),
            "wall_ms": time.time_ns() // 1_000_000,
            "dropped": 0,
            "unsaved": 0,
            "page": self._page,
        }
        (folder / "live.json").write_text(json.dumps({**status, **status_snapshot(self.decider, self.now_ms)}))


def take_screenshots(address: str) -> None:
    """Save page.png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1160, "height": 1120}, color_scheme="light")
        page.goto(address)
        page.locator("#day").wait_for()
        page.screenshot(path=FOLDER / "page.png")
        browser.close()


def main() -> None:
    """Simulate the day and take the screenshots."""
    with tempfile.TemporaryDirectory() as name:
        agent = SimulatedAgent(Path(name))
        rng = random.Random(SEED)  # noqa: S311 - a seed gives the same picture each time
        agent.run(simulate_sensors(rng, agent.start_wall_ms // 1000))
        agent.store.close()
        agent.write_status(Path(name) / "run")
        environment = os.environ | {"STATE_DIRECTORY": f"{name}/state", "RUNTIME_DIRECTORY": f"{name}/run"}
        command = [sys.executable, "-m", "pushglance", "web", "--port", "0"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            take_screenshots(server.stdout.readline().split()[4])
            server.terminate()


if __name__ == "__main__":
    main()
