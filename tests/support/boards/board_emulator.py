"""A board emulator: the whole program on the 32-bit WebAssembly build of MicroPython, in simulated time.

It measures the heap: its words and small integers are as wide as a board's. The build is installed from npm, once.
"""

import ast
import fcntl
import json
import os
import re
import shutil
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pushglance.boards.bundle import compile_for_boards, fold_program, read_program
from support import plans

from .board import board_plan

ROOT = Path(__file__).parents[3]
BOARD_HEAP = 192 * 1024  # a Pico W's, as MicroPython gives it to a program
CAPPED_TLS = 48 * 1024  # in a heap that cannot grow, which must also hold the garbage of one step of a task
_CACHE = ROOT / ".cache/node"
_BUILD = "@micropython/micropython-webassembly-pyscript"
_VERSION = "1.27.0"
_RUN_S = 900
_LESS_OFTEN = (
    ("loop", "POLL_MS", 250),
    ("net/courier", "_STEP_MS", 500),
    ("net/mqtt_client", "_STEP_MS", 500),
    ("net/wifi", "_STEP_MS", 10_000),
)


def interpreter():
    """Return the path of the WebAssembly build, installed at first use; None without node or npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    module = _CACHE / "node_modules" / _BUILD / "micropython.mjs"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in parallel
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
    """Return a Plan for a board with this number of contacts, shown on this number of watches."""
    names = [f"s{number}" for number in range(contacts)]
    sensors = [
        plans.contact(name, gpio=pin, settle_open_ms=200, settle_closed_ms=2000) for pin, name in enumerate(names)
    ]
    each = contacts // watches
    shown = [names[number * each : (number + 1) * each] for number in range(watches)]
    screens = [plans.watch(f"w{n}", pacing=pacing, text=[[name, ""] for name in some]) for n, some in enumerate(shown)]
    return _emulated_plan(sensors, screens)


def publishing_plan():
    """Return a Plan for a board that only publishes: two contacts and a pulse counter."""
    sensors = [plans.contact("garage", gpio=0), plans.contact("gate", gpio=1), plans.counter(gpio=2, width_us=0)]
    return _emulated_plan(sensors, [], node=plans.node(), mqtt=plans.mqtt(1883, host="10.0.0.1", client_id="board"))


def mixed_plan():
    """Return a Plan of eight sensors of three kinds on two watches."""
    sensors = [plans.contact(f"s{number}", gpio=number) for number in range(4)]
    sensors += [plans.counter(f"s{number}", gpio=number) for number in (4, 5)]
    sensors += [plans.gauge(f"s{number}") for number in (6, 7)]
    shown = {0: {"text": [["s0", ""], ["s1", ""]], "count": [["s4", ""]], "percent": [["s6", ""]]}}
    shown[1] = {"text": [["s2", ""], ["s3", ""]], "count": [["s5", ""]], "percent": [["s7", ""]]}
    return _emulated_plan(sensors, [plans.watch(f"w{key}", pacing="price", **shown[key]) for key in shown])


def _emulated_plan(sensors, watches, **changes):
    changes |= {"led": "", "root_until_s": 4_000_000_000, "ntp": "pool.ntp.org"}
    return board_plan(sensors, watches, url="https://api.pushover.net", **changes)


def _program():
    """Return the folded program. Idle time costs the most to emulate, so tasks that poll often poll less often here."""
    texts = read_program()
    for file, constant, ms in _LESS_OFTEN:
        target = f"lib/pushglance_board/{file}.py"
        texts[target], count = re.subn(rf"(?m)^{constant} = .*$", f"{constant} = {ms}", texts[target])
        assert count == 1, (file, constant)
    return fold_program(texts)


def fill(folder, plan):
    """Write the compiled program, the emulated hardware and this Plan; return the bytes on flash."""
    for target, text in _program().items():
        compile_for_boards(text, folder / target)
    size = sum(path.stat().st_size for path in (folder / "lib").rglob("*.mpy"))
    (folder / "emulated_modules").mkdir()
    for source in (Path(__file__).parent / "emulated_modules").glob("*.py"):
        compile_for_boards(source.read_text(), folder / "emulated_modules" / source.name)
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "pushover.der").write_bytes(b"\x30\x82\x04\xac" + bytes(1196))
    return size


def run_board(module, folder, **scenario):
    """Run the board and return (figures, its log lines); board_emulator.mjs lists the keys of `scenario`."""
    alone = scenario.get("scenario") == "core_alone"
    scenario["modules"] = _modules("pushglance.core.decider" if alone else "pushglance_board.program")
    command = ["node", Path(__file__).with_name("board_emulator.mjs"), module, folder, json.dumps(scenario)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_S)
    assert finished.returncode == 0, finished.stderr[-600:]
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    return lines[-1], [line["log"] for line in lines if "log" in line]


def _modules(name):
    """Return `name` and all modules that it imports when it is loaded, each after the modules that it imports."""
    sources = {target.removeprefix("lib/")[:-3].replace("/", "."): text for target, text in _program().items()}
    imports, pending = {}, [name]
    while pending:
        module = pending.pop()
        if module not in imports:
            imports[module] = [other for other in _imported(module, sources[module]) if other in sources]
            pending += imports[module]
    return list(TopologicalSorter(imports).static_order())


def _imported(name, source):
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(name.split(".")[: -node.level])
            yield from [f"{base}.{node.module}"] if node.module else [f"{base}.{one.name}" for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield node.module
