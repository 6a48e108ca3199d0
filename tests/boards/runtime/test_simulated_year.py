"""The unchanged program of a board lives through days of virtual time with every fault of a home; the laws hold.

BOARD_DAYS sets the days (default 4; `scripts/simulate --board` runs a year), BOARD_SEED what happens in them.
"""

import json
import os
import subprocess

import pytest

from support import plans
from support.boards.board import ROOT, micropython
from support.boards.simulated_year import SimulatedYear

DAYS = int(os.environ.get("BOARD_DAYS", "4"))
SEED = int(os.environ.get("BOARD_SEED", "2003"))
FAULTS = {"power", "hang", "router restart", "deaf link", "no broker", "no Pushover"}
WRITES_MAX = 400  # to flash, per day
WATCHDOG_MS = 8000
EVENTS = 20_000
GROWTH_MAX = 4096  # bytes of 64-bit objects


@pytest.mark.timeout(7200)
def test_a_board_keeps_the_watch_true(tmp_path):
    """After power cuts, restarts, deaf links, outages and changed roots the watch shows the truth; no law is broken."""
    year = SimulatedYear(tmp_path, SEED, DAYS)
    assert {fault[2] for fault in year.year.faults} >= FAULTS
    life = year.run()
    assert life.violations == [], f"seed {SEED}: {life}"
    assert life.truths >= 1
    assert life.pushes > 10 * DAYS
    assert life.ends["power"] >= 1
    assert life.ends["hang"] >= 1
    assert life.ends["deploy"] == 2
    assert max(life.writes.values()) < WRITES_MAX, life
    assert life.blocked_ms < WATCHDOG_MS


@pytest.mark.timeout(1800)
def test_the_heap_does_not_grow(tmp_path):
    """After some days, thousands of events more leave no object behind in core and store."""
    watch = plans.watch(pacing="price", text=[["garage", ""]], count=[["visitors", ""]], percent=[["tank", ""]])
    plan = plans.plan([plans.contact(), plans.counter(), plans.gauge()], [watch])
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    days = ROOT / "scripts/benchmarks/boards/simulated_days.py"
    finished = subprocess.run(
        [micropython(), "-X", "heapsize=1M", str(days), "plan.json", str(EVENTS)],
        cwd=tmp_path,
        env={"MICROPYPATH": f"{ROOT / 'agent'}:{ROOT / 'boards'}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    figures = json.loads(finished.stdout)
    assert figures["events"] >= EVENTS
    heaps = figures["heaps"]
    assert max(heaps[5:]) - max(heaps[2:5]) < GROWTH_MAX, heaps
    assert figures["writes_per_day"] < WRITES_MAX
