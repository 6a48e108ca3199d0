"""A board in a bottle: the whole program on the 32-bit WebAssembly build of MicroPython, in imitated time.

It is the judge of heap: its words and small integers are as wide as a board's. The build comes from npm, once.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import plans
from boards.board import board_plan
from pushglance.boards.bundle import compile_for_boards, write_program

ROOT = Path(__file__).parents[2]
BOARD_HEAP = 192 * 1024  # a Pico W's, as MicroPython gives it to a program
_CACHE = ROOT / ".cache/node"
_BUILD = "@micropython/micropython-webassembly-pyscript"
_VERSION = "1.27.0"
_RUN_S = 900


def interpreter():
    """Return the path of the WebAssembly build, installed at first use; None where there is no node or npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    module = _CACHE / "node_modules" / _BUILD / "micropython.mjs"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if module.exists():
            return module
        subprocess.run(["npm", "install", "--silent", "--prefix", _CACHE, f"{_BUILD}@{_VERSION}"], check=True)
    return module


def interpreter_or_skip():
    """Return the path of the WebAssembly build, or skip; CI never skips."""
    module = interpreter()
    if module is None:
        assert "CI" not in os.environ, "node and npm are missing"
        pytest.skip("no node or npm: type  sudo apt-get install nodejs npm")
    return module


def pushing_plan(contacts, watches, *, pacing="price"):
    """Return a Plan for a board with so many contacts, shown on so many watches."""
    names = [f"s{number}" for number in range(contacts)]
    sensors = [
        plans.contact(name, gpio=pin, settle_open_ms=200, settle_closed_ms=2000) for pin, name in enumerate(names)
    ]
    each = contacts // watches
    shown = [names[number * each : (number + 1) * each] for number in range(watches)]
    screens = [plans.watch(f"w{n}", pacing=pacing, text=[[name, ""] for name in some]) for n, some in enumerate(shown)]
    return _in_the_bottle(sensors, screens)


def publishing_plan():
    """Return a Plan for a board that only publishes: two contacts and a pulse counter."""
    sensors = [plans.contact("garage", gpio=0), plans.contact("gate", gpio=1), plans.counter(gpio=2, width_us=0)]
    return _in_the_bottle(sensors, [], node=plans.node(), mqtt=plans.mqtt(1883, host="10.0.0.1", client_id="board"))


def _in_the_bottle(sensors, watches, **changes):
    changes |= {"led": "", "root_until_s": 4_000_000_000, "ntp": "pool.ntp.org"}
    return board_plan(sensors, watches, url="https://api.pushover.net", **changes)


def fill(folder, plan):
    """Lay down the program, the imitated hardware and this Plan, compiled as for a board; return the bytes on flash."""
    write_program(folder)
    size = sum(path.stat().st_size for path in (folder / "lib").rglob("*.mpy"))
    (folder / "bottle").mkdir()
    for source in (Path(__file__).parent / "bottle").glob("*.py"):
        compile_for_boards(source, folder / "bottle" / source.name)
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "pushover.der").write_bytes(bytes(1200))
    return size


def live(module, folder, **story):
    """Let the board live and return (figures, what it said); see bottle.mjs for the story's words."""
    command = ["node", Path(__file__).with_name("bottle.mjs"), module, folder, json.dumps(story)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_S)
    assert finished.returncode == 0, finished.stderr[-600:]
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    return lines[-1], [line["said"] for line in lines if "said" in line]
