"""A board at the end of a USB cable: mpremote copies and resets, we only tell it what."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable

OLDEST = (1, 23)  # the first whose mpy format is ours, 6.3
_CHIPS = {"pico_w": "RP2040", "pico2_w": "RP2350", "esp32": "ESP32", "esp32_s3": "ESP32S3", "esp32_c3": "ESP32C3"}
_MPREMOTE = (sys.executable, "-m", "mpremote")
_COPY_S = 300
_BAUD = 115_200
# A watchdog that runs never stops, so while files are copied somebody has to feed it; the reset at the end ends that.
_FEED = """\
import machine
try:
    w = machine.WDT(timeout=8000)
    t = machine.Timer(-1 if "rp2" in __import__("sys").platform else 0)
    t.init(period=1000, callback=lambda _: w.feed())
except Exception as e:
    print(e)
"""
_ASK = "import sys; i = sys.implementation; print('.'.join(str(n) for n in i[1][:3]), i[2])"
_MAKE_FOLDERS = """\
import os
for d in %r:
    try:
        os.mkdir(d)
    except OSError:
        pass
"""
# A file of an earlier version would stay, and a .py beside a new .mpy would be the one that is imported.
_CLEAR = """\
import os
place, names = %r, %r
for f in os.listdir(place):
    if "." in f and f not in names:
        os.remove(place + "/" + f)
"""


def find_port(port: str | None) -> str:
    """Return the named port, else that of the one board on USB. Raises HardwareUnavailable for none or several."""
    if find_spec("mpremote") is None:
        raise HardwareUnavailable('mpremote is missing: type  pip install "pushglance[boards]"')
    if port is not None:
        return port
    from serial.tools.list_ports import comports  # noqa: PLC0415 - comes with mpremote, an extra

    found = sorted(str(one.device) for one in comports() if one.vid is not None)
    if not found:
        raise HardwareUnavailable("no board is connected by USB; plug it in, or name its port: --port /dev/ttyACM0")
    if len(found) > 1:
        raise HardwareUnavailable(f"{len(found)} boards are connected by USB: name one with --port, e.g. {found[0]}")
    return found[0]


def kind_of(folder: Path) -> str:
    """Return the kind of board that a folder of `write_bundle` is for."""
    return str(json.loads((folder / "plan.json").read_text())["board"]["kind"])


def look_at(port: str, kind: str) -> None:
    """Ask the board what it is. Raises HardwareUnavailable for another kind, or MicroPython that is too old."""
    told = _run([*_MPREMOTE, "connect", port, "exec", _ASK]).strip().splitlines()
    version, _, machine = (told[-1] if told else "").partition(" ")
    complaint = what_is_wrong(kind, version, machine)
    if complaint:
        raise HardwareUnavailable(complaint)


def what_is_wrong(kind: str, version: str, machine: str) -> str:
    """Return a sentence about a board that says it runs e.g. "1.25.0" on "Raspberry Pi Pico W with RP2040", "" if well.

    A chip that nobody here knows is left to the person who named the port.
    """
    name, _, chip = machine.rpartition(" with ")
    right = next((one for one, its in _CHIPS.items() if its == chip), kind)
    if right != kind:
        return f"this board is a {name} ({chip}), and no {kind}: type --board {right}"
    if name.startswith("Raspberry Pi Pico") and "W" not in name.split():
        return f"this board is a {name}, which has no WiFi; a {kind} is needed"
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    if numbers < list(OLDEST):
        oldest = ".".join(map(str, OLDEST))
        return f"MicroPython {version or 'of unknown age'} on this board is too old: flash {oldest} or newer"
    return ""


def copy_to(port: str, folder: Path, files: list[Path]) -> None:
    """Copy these files of `folder` onto the board, then reset it. Its state.json stays. Raises HardwareUnavailable."""
    steps = [["exec", _FEED], ["exec", _MAKE_FOLDERS % sorted({place.as_posix() for place in _folders(files)})]]
    for place in sorted(_folders(files) | {Path()}):
        here = [path for path in files if path.parent == place]
        if place != Path():
            steps.append(["exec", _CLEAR % (place.as_posix(), [path.name for path in here])])
        if here:
            steps.append(["fs", "cp", *(str(folder / path) for path in here), f":{place.as_posix()}/"])
    command = [*_MPREMOTE, "connect", port]
    for step in steps:
        command += [*step, "+"]
    _run([*command, "reset"])


def _folders(files: list[Path]) -> set[Path]:
    return {parent for path in files for parent in path.parents if parent != Path()}


def _run(command: list[str]) -> str:
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_COPY_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise HardwareUnavailable("the board does not answer; unplug it, plug it in and try again") from None
    if finished.returncode == 0:
        return finished.stdout
    detail = " ".join((finished.stderr or finished.stdout).split())
    if "ENOSPC" in detail or "Errno 28" in detail or "No space" in detail:
        raise HardwareUnavailable("there is no room left in the board's flash; remove files that are not pushglance's")
    raise HardwareUnavailable(f"mpremote could not copy: {detail[-300:]}")


def log_lines(port: str) -> Iterator[str]:
    """Yield the lines of the board's console as they come, for ever. Raises HardwareUnavailable."""
    import serial  # noqa: PLC0415 - comes with mpremote, an extra

    try:
        with serial.Serial(port, _BAUD, timeout=1) as line:
            yield from _lines(line)
    except (OSError, serial.SerialException) as error:
        raise HardwareUnavailable(
            f"the board at {port} is gone ({error}); its program goes on without this computer"
        ) from None


def _lines(line: Any) -> Iterator[str]:
    while True:
        text = line.readline().decode(errors="replace").rstrip()
        if text:
            yield text
