"""A board on USB: ask which board it is, copy files with mpremote, and show its log."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable
from pushglance.installation import how_to_add

OLDEST = (1, 23)  # the first with the mpy format 6.3 of our compiler
_CHIPS = {"pico_w": "RP2040", "pico2_w": "RP2350", "esp32": "ESP32", "esp32_s3": "ESP32S3", "esp32_c3": "ESP32C3"}
_MPREMOTE = (sys.executable, "-m", "mpremote")
_COPY_S = 300
_BAUD = 115_200
# A running watchdog cannot be stopped, so a timer feeds it while files are copied, until the reset at the end.
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
# A file of an earlier version would stay, and a .py next to a new .mpy would be imported instead of it.
_CLEAR = """\
import os
folder, names = %r, %r
for f in os.listdir(folder):
    if "." in f and f not in names:
        os.remove(folder + "/" + f)
"""


def find_port(port: str | None) -> str:
    """Return `port`, or that of the only board on USB. Raises HardwareUnavailable if there is none or several."""
    if find_spec("mpremote") is None:
        raise HardwareUnavailable(f"mpremote is missing: {how_to_add('boards')}")
    if port is not None:
        return port
    from serial.tools.list_ports import comports  # noqa: PLC0415 - comes with mpremote, an extra

    ports = sorted(str(port.device) for port in comports() if port.vid is not None)
    if not ports:
        raise HardwareUnavailable("no board is connected by USB; plug it in, or name its port: --port /dev/ttyACM0")
    if len(ports) > 1:
        raise HardwareUnavailable(f"{len(ports)} boards are connected by USB: name one with --port, e.g. {ports[0]}")
    return ports[0]


def kind_of(folder: Path) -> str:
    """Return the kind of board for which `write_bundle` wrote this folder."""
    return str(json.loads((folder / "plan.json").read_text())["board"]["kind"])


def check_board(port: str, kind: str) -> None:
    """Ask the board which one it is. Raises HardwareUnavailable for another kind or a MicroPython that is too old."""
    answer = _run([*_MPREMOTE, "connect", port, "exec", _ASK]).strip().splitlines()
    version, _, machine = (answer[-1] if answer else "").partition(" ")
    message = mismatch(kind, version, machine)
    if message:
        raise HardwareUnavailable(message)


def mismatch(kind: str, version: str, machine: str) -> str:
    """Return why a board with e.g. "1.25.0" on "Raspberry Pi Pico W with RP2040" is not usable as `kind`, else "".

    An unknown chip is accepted: the user has named the port.
    """
    name, _, chip = machine.rpartition(" with ")
    actual = next((known for known, its_chip in _CHIPS.items() if its_chip == chip), kind)
    if actual != kind:
        return f"this board is a {name} ({chip}), not {_with_article(kind)}: type --board {actual}"
    if name.startswith("Raspberry Pi Pico") and "W" not in name.split():
        return f"this board is a {name}, which has no WiFi; a {kind} is needed"
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    if numbers < list(OLDEST):
        oldest = ".".join(map(str, OLDEST))
        return f"MicroPython {version or 'of unknown version'} on this board is too old: flash {oldest} or newer"
    return ""


def copy_to(port: str, folder: Path, files: list[Path]) -> None:
    """Copy these files of `folder` to the board and reset it; its state.json stays. Raises HardwareUnavailable."""
    targets = _folders(files)
    steps = [["exec", _FEED], ["exec", _MAKE_FOLDERS % sorted(target.as_posix() for target in targets)]]
    for target in sorted(targets | {Path()}):
        inside = [path for path in files if path.parent == target]
        if target != Path():
            steps.append(["exec", _CLEAR % (target.as_posix(), [path.name for path in inside])])
        if inside:
            steps.append(["fs", "cp", *(str(folder / path) for path in inside), f":{target.as_posix()}/"])
    command = [*_MPREMOTE, "connect", port]
    for step in steps:
        command += [*step, "+"]
    _run([*command, "reset"])


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("e") else f"a {kind}"


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
        raise HardwareUnavailable("the board's flash is full; remove files that do not belong to pushglance")
    raise HardwareUnavailable(f"mpremote could not copy: {detail[-300:]}")


def log_lines(port: str) -> Iterator[str]:
    """Yield the lines of the board's console for ever. Raises HardwareUnavailable when the board is unplugged."""
    import serial  # noqa: PLC0415 - comes with mpremote, an extra

    try:
        with serial.Serial(port, _BAUD, timeout=1) as line:
            yield from _lines(line)
    except (OSError, serial.SerialException) as error:
        raise HardwareUnavailable(
            f"the board at {port} is gone ({error}); its program continues without this computer"
        ) from None


def _lines(line: Any) -> Iterator[str]:
    while True:
        text = line.readline().decode(errors="replace").rstrip()
        if text:
            yield text
