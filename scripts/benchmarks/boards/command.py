"""A board's memory on the 32-bit WebAssembly build, time for each fact against CPython, writes of flash in a day."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import plans
from boards.bottle import BOARD_HEAP, fill, interpreter, live, publishing_plan, pushing_plan
from core.test_vectors import program

_ROOT = Path(__file__).parents[3]
_KIB = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take how long to look."""
    parser.add_argument("--moves", type=int, default=100, help="How often a contact moves in the bottle.")
    parser.add_argument("--facts", type=int, default=20_000, help="How many facts the days hold, e.g. 1000000.")


def run(arguments: argparse.Namespace) -> None:
    """Print the figures. Ends with a sentence where node or npm is missing."""
    module = interpreter()
    if module is None:
        sys.exit("node and npm are needed for the 32-bit build: type  sudo apt-get install nodejs npm")
    print(f"{'whole program, KiB':<34}{'flash':>7}{'start':>7}{'worst':>7}{'left of 192':>13}")
    for told, plan, pins in (
        ("a contact, a watch", pushing_plan(1, 1), 1),
        ("8 contacts, 2 watches", pushing_plan(8, 2), 8),
        ("2 contacts, a counter, published", publishing_plan(), 3),
    ):
        with tempfile.TemporaryDirectory() as folder:
            flash = fill(Path(folder), plan)
            figures, _ = live(module, Path(folder), every_ms=20_000, pins=pins, moves=arguments.moves)
        used = [flash, figures["start"], figures["worst"]]
        cells = "".join(f"{size / _KIB:7.0f}" for size in used)
        print(f"{told:<34}{cells}{(BOARD_HEAP - figures['worst']) / _KIB:13.0f}")
    _days(arguments.facts)


def _days(facts: int) -> None:
    """Live the same days on both interpreters."""
    paths = f"{_ROOT / 'agent'}:{_ROOT / 'boards'}"
    cpython, micropython = (
        _lived([sys.executable], {"PYTHONPATH": paths}, facts),
        _lived([program("micropython"), "-X", "heapsize=1M"], {"MICROPYPATH": f"{paths}:.frozen"}, facts),
    )
    heaps = micropython["heaps"]
    print(f"{micropython['facts']} facts, {micropython['days']} days, door, counter and gauge:")
    print(f"  time for each on MicroPython, CPython is 1: {micropython['ms'] / cpython['ms']:.1f}")
    print(f"  heap (64 bits) after a tenth and at the end: {heaps[0] / _KIB:.1f} and {heaps[-1] / _KIB:.1f} KiB")
    print(f"  writes of flash in a day: {micropython['writes_a_day']}")


def _lived(interpreter: list[str], surroundings: dict[str, str], facts: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        watch = plans.watch(pacing="price", text=[["garage", ""]], count=[["visitors", ""]], percent=[["tank", ""]])
        plan = plans.plan([plans.contact(), plans.counter(), plans.gauge()], [watch])
        (Path(folder) / "plan.json").write_text(json.dumps(plan))
        command = [*interpreter, str(Path(__file__).with_name("days.py")), "plan.json", str(facts)]
        told = subprocess.run(
            command, cwd=folder, env=os.environ | surroundings, check=True, capture_output=True, text=True
        )
    return json.loads(told.stdout)
