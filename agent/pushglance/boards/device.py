"""A board on USB: find its port, ask which board it is, and show its log."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable
from pushglance.installation import how_to_add

from .mpremote import COPY_S, run_mpremote

OLDEST = (1, 23)  # the first with the mpy format 6.3 of our compiler
_CHIPS = {"pico_w": "RP2040", "pico2_w": "RP2350", "esp32": "ESP32", "esp32_s3": "ESP32S3", "esp32_c3": "ESP32C3"}
_BAUD = 115_200
# A running watchdog cannot be stopped, so a timer feeds it while files are copied: only for so many seconds, so that
# the watchdog starts the earlier program if copying is interrupted. mpremote runs its own code with the same global
# names, e.g. `f` and `w`, so the timer keeps what it needs in a closure.
FEED = f"""\
import machine
def _pushglance_feeder(left, feed):
    def step(_):
        if left[0]:
            left[0] -= 1
            feed()
    return step
try:
    _pushglance_timer = machine.Timer(-1 if "rp2" in __import__("sys").platform else 0)
    _pushglance_timer.init(period=1000, callback=_pushglance_feeder([{COPY_S}], machine.WDT(timeout=8000).feed))
except Exception as _pushglance_error:
    print(_pushglance_error)
"""
# Only where our program is, a watchdog is known to run.
_ASK = f"""\
import os, sys
if "plan.json" in os.listdir():
    exec({FEED!r})
print(".".join(str(n) for n in sys.implementation[1][:3]), sys.implementation[2])
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
    answer = run_mpremote(port, ["exec", _ASK]).strip().splitlines()
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


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("e") else f"a {kind}"


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
