"""Install each program into its own folder in the user's cache directory, where a later run finds it."""

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
    """A program cannot be installed here."""


def pypi(*packages: str) -> Path:
    """Return a virtual environment with these packages. Raises NotInstalledError."""
    return _installed(" ".join(packages), lambda folder: _fill_environment(folder, packages))


@functools.cache
def own() -> Path:
    """Return a virtual environment with the wheel of this tree and the extra gpio, as a user installs it."""
    with tempfile.TemporaryDirectory() as name:
        _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", name, str(_ROOT)])
        wheel = next(Path(name).glob("*.whl"))
        stamp = hashlib.sha256((_ROOT / "pyproject.toml").read_bytes()).hexdigest()
        folder = _installed(f"pushglance {stamp}", lambda folder: _fill_environment(folder, [f"{wheel}[gpio]"]))
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
        _run([*pip, str(wheel)])
    return folder


def npm(package: str) -> Path:
    """Return a folder whose node_modules holds this package. Raises NotInstalledError."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotInstalledError("node and npm are missing: type  sudo apt-get install nodejs npm")
    options = ["--silent", "--no-audit", "--no-fund"]
    return _installed(package, lambda folder: _run(["npm", "install", *options, "--prefix", str(folder), package]))


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
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *packages])


def _run(command: list[str]) -> None:
    process = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if process.returncode:
        last_line = (process.stderr.strip() or process.stdout.strip() or "no output").splitlines()[-1]
        raise NotInstalledError(f"{' '.join(command[-2:])} failed: {last_line}")
