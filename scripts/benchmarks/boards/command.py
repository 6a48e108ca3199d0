"""`scripts/bench boards`: memory on a 32-bit MicroPython, time per event against CPython, flash writes per day."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support import plans
from support.boards.board_emulator import (
    BOARD_HEAP,
    CAPPED_TLS,
    fill,
    interpreter,
    mixed_plan,
    publishing_plan,
    pushing_plan,
    run_board,
)
from support.micropython import program

_ROOT = Path(__file__).parents[3]
_KIB = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--moves", type=int, default=100, help="contact changes in the emulator (default 100)")
    parser.add_argument("--events", type=int, default=20_000, help="events of the simulated days (default 20000)")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print the figures; exit with an error if node or npm is missing."""
    module = interpreter()
    if module is None:
        sys.exit("node and npm are needed for the 32-bit build: type  sudo apt-get install nodejs npm")
    _heaps(module, arguments.moves)
    _days(arguments.events)


def _heaps(module: Path, moves: int) -> None:
    """Run programs in a heap that grows, then in one of the size of a Pico W's."""
    print(f"{'KiB':<34}{'flash':>7}{'start':>7}{'worst':>7}{'left of 192':>13}{'largest block':>14}")
    for title, plan, scenario in (
        ("core: 8 sensors, 2 watches, a day", mixed_plan(), {"scenario": "core_alone", "moves": 1440}),
        ("a contact, a watch", pushing_plan(1, 1), {"pins": 1, "moves": moves}),
        ("8 contacts, 2 watches", pushing_plan(8, 2), {"pins": 8, "moves": moves}),
        ("2 contacts, a counter, published", publishing_plan(), {"pins": 3, "moves": moves}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            flash = fill(Path(folder), plan)
            grown, _ = run_board(module, Path(folder), every_ms=20_000, **scenario)
            capped = {}
            if "scenario" not in scenario:
                heap = BOARD_HEAP + grown["harness"]
                capped, _ = run_board(module, Path(folder), every_ms=20_000, heap=heap, tls=CAPPED_TLS, **scenario)
        cells = "".join(f"{size / _KIB:7.0f}" for size in (flash, grown["start"], grown["worst"]))
        if capped:
            cells += f"{(BOARD_HEAP - grown['worst']) / _KIB:13.0f}{capped['piece'] / _KIB:14.0f}"
        print(f"{title:<34}{cells}")


def _days(events: int) -> None:
    """Simulate the same days on both interpreters."""
    paths = f"{_ROOT / 'agent'}:{_ROOT / 'boards'}"
    cpython, micropython = (
        _simulate([sys.executable], {"PYTHONPATH": paths}, events),
        _simulate([program("micropython"), "-X", "heapsize=1M"], {"MICROPYPATH": f"{paths}:.frozen"}, events),
    )
    heaps = micropython["heaps"]
    print(f"{micropython['events']} events, {micropython['days']} days, door, counter and gauge:")
    print(
        f"  time of the core per event on MicroPython, compared with CPython: {micropython['us'] / cpython['us']:.1f}"
    )
    print(f"  heap (64 bits) after each tenth, KiB: {', '.join(f'{heap / _KIB:.1f}' for heap in heaps)}")
    print(f"  flash writes per day: {micropython['writes_per_day']}")


def _simulate(interpreter: list[str], environment: dict[str, str], events: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        watch = plans.watch(pacing="price", text=[["garage", ""]], count=[["visitors", ""]], percent=[["tank", ""]])
        plan = plans.plan([plans.contact(), plans.counter(), plans.gauge()], [watch])
        (Path(folder) / "plan.json").write_text(json.dumps(plan))
        command = [*interpreter, str(Path(__file__).with_name("simulated_days.py")), "plan.json", str(events)]
        process = subprocess.run(
            command, cwd=folder, env=os.environ | environment, check=True, capture_output=True, text=True
        )
    return json.loads(process.stdout)
