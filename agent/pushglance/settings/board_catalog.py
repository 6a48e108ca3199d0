"""Pins and limits of each board, read from the files in boards/; used by `check`, `compile` and the README."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pushglance.errors import SettingsError

RASPBERRY_PI = "raspberry_pi"
BoardKind = Literal["raspberry_pi", "pico_w", "pico2_w", "esp32", "esp32_s3", "esp32_c3"]
KINDS: tuple[str, ...] = get_args(BoardKind)
HIGHEST_PIN = 48  # of all boards

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class BoardPins:
    """A board: its name, the pins that a sensor may use, and the special properties of some pins.

    `reserved` and `warnings` hold a reason for a pin, `fixed_pull` the pull resistor that it always has, `no_pull` and
    `no_pull_down` a reason why the board has no resistor for it. 0 `sensors` or `watches` means no limit. `memory`
    holds bytes of the heap that parts of a Plan need, as on another board where the file says so; it is empty for a
    board of which nothing is known.
    """

    kind: str
    title: str
    pins: frozenset[int]
    led: str
    sensors: int
    watches: int
    reserved: dict[int, str]
    warnings: dict[int, str]
    fixed_pull: dict[int, str]
    no_pull: dict[int, str]
    no_pull_down: str
    physical: dict[int, int]
    memory: dict[str, int]


def boards_folder() -> Path:
    """Return the folder with the boards' files: in the installed package, or boards/ next to agent/ in a repository."""
    for folder in (_PACKAGE / "board_files", _PACKAGE.parents[1] / "boards"):
        if (folder / "pushglance_board").is_dir():
            return folder
    raise SettingsError("the files of the boards are missing from this installation: install pushglance again")


@cache
def board_pins(kind: str) -> BoardPins:
    """Return the description of the board `kind`, one of KINDS."""
    (path,) = boards_folder().glob(f"*/{kind}.toml")
    with path.open("rb") as file:
        tree = tomllib.load(file)
    no_pull = tree.get("no_pull", {})
    memory = tree.get("memory", {})
    if "measured_on" in memory:
        memory = board_pins(memory.pop("measured_on")).memory | memory
    return BoardPins(
        kind=kind,
        title=tree["title"],
        pins=frozenset(_pins(tree["pins"])),
        led=tree["led"],
        sensors=tree["sensors"],
        watches=tree["watches"],
        reserved=_by_pin(tree.get("reserved", {})),
        warnings=_by_pin(tree.get("warnings", {})),
        fixed_pull=_by_pin(tree.get("fixed_pull", {})),
        no_pull=_by_pin({pins: reason for pins, reason in no_pull.items() if pins != "down"}),
        no_pull_down=no_pull.get("down", ""),
        physical=_by_pin(tree.get("physical", {})),
        memory=memory,
    )


def _pins(ranges: str) -> Iterator[int]:
    """Yield the numbers of "0-22, 26"."""
    for part in ranges.split(","):
        first, _, last = part.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def _by_pin(table: dict[str, Any]) -> dict[int, Any]:
    return {pin: value for pins, value in table.items() for pin in _pins(pins)}
