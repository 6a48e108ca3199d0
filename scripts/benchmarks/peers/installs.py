"""Each program in a place of its own, under the user's cache directory; a later run finds it there."""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pushglance-bench"
MQTTWARN = "mqttwarn==0.36.1"
MQTT_IO = "mqtt-io==2.7.0"
NODE_RED = "node-red@4.1.15"
_INSTALL_S = 600


class NotInstalledError(Exception):
    """Say why a program cannot take part."""


def pypi(*packages: str) -> Path:
    """Return the virtual environment that holds these packages. Raises NotInstalledError."""
    return _installed(" ".join(packages), lambda folder: _fill_environment(folder, packages))


@functools.cache
def own() -> Path:
    """Return an environment with this tree as a user gets it: its wheel, with pins and without any other extra."""
    with tempfile.TemporaryDirectory() as name:
        _call([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", name, str(_ROOT)])
        wheel = next(Path(name).glob("*.whl"))
        stamp = hashlib.sha256((_ROOT / "pyproject.toml").read_bytes()).hexdigest()
        folder = _installed(f"pushglance {stamp}", lambda folder: _fill_environment(folder, [f"{wheel}[gpio]"]))
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
        _call([*pip, str(wheel)])
    return folder


def npm(package: str) -> Path:
    """Return the folder whose node_modules holds this package. Raises NotInstalledError."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotInstalledError("node and npm are missing: type  sudo apt-get install nodejs npm")
    options = ["--silent", "--no-audit", "--no-fund"]
    return _installed(package, lambda folder: _call(["npm", "install", *options, "--prefix", str(folder), package]))


def _installed(name: str, fill: Callable[[Path], None]) -> Path:
    python = "{}.{}".format(*sys.version_info)
    folder = _CACHE / hashlib.sha256(f"{python} {name}".encode()).hexdigest()[:16]
    if not (folder / "is-complete").exists():
        print(f"installing {name.split(maxsplit=1)[0]} into {folder} (once) ...", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill(folder)
        (folder / "is-complete").touch()
    return folder


def _fill_environment(folder: Path, packages: tuple[str, ...] | list[str]) -> None:
    _call([sys.executable, "-m", "venv", str(folder)])
    _call([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *packages])


def _call(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if ended.returncode:
        told = (ended.stderr.strip() or ended.stdout.strip() or "it says nothing").splitlines()[-1]
        raise NotInstalledError(f"{' '.join(command[-2:])} fails: {told}")
