"""What a board's pins can do, read from the files in boards/: one source for `check`, `compile` and the README."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pushglance.errors import SettingsError

RASPBERRY_PI = "raspberry_pi"
KINDS = (RASPBERRY_PI, "pico_w", "pico2_w", "esp32", "esp32_s3", "esp32_c3")
HIGHEST_PIN = 48  # of any of them

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class BoardPins:
    """One board: what it is called, which pins a sensor may use, and what is special about some of them.

    `refused` and `cautions` hold a reason for a pin, `fixed_pull` the pull that it has whatever one writes, `no_pull`
    a reason why a pin (or, under "down", every pin) cannot be pulled by the board. 0 `sensors` or `watches`: no limit.
    """

    kind: str
    title: str
    pins: frozenset[int]
    led: str
    sensors: int
    watches: int
    refused: dict[int, str]
    cautions: dict[int, str]
    fixed_pull: dict[int, str]
    no_pull: dict[int, str]
    no_pull_down: str
    physical: dict[int, int]


def boards_folder() -> Path:
    """Return the folder with the boards' files: inside an installed package, or beside agent/ in a repository."""
    for folder in (_PACKAGE / "board_files", _PACKAGE.parents[1] / "boards"):
        if (folder / "pushglance_board").is_dir():
            return folder
    raise SettingsError("the boards' files are not installed with pushglance; install it again: pip install pushglance")


@cache
def board_pins(kind: str) -> BoardPins:
    """Return the description of the board `kind`, one of KINDS."""
    (path,) = boards_folder().glob(f"*/{kind}.toml")
    with path.open("rb") as file:
        tree = tomllib.load(file)
    no_pull = tree.get("no_pull", {})
    return BoardPins(
        kind=kind,
        title=tree["title"],
        pins=frozenset(_pins(tree["pins"])),
        led=tree["led"],
        sensors=tree["sensors"],
        watches=tree["watches"],
        refused=_spread(tree.get("refused", {})),
        cautions=_spread(tree.get("cautions", {})),
        fixed_pull=_spread(tree.get("fixed_pull", {})),
        no_pull=_spread({pins: why for pins, why in no_pull.items() if pins != "down"}),
        no_pull_down=no_pull.get("down", ""),
        physical=_spread(tree.get("physical", {})),
    )


def _pins(ranges: str) -> Iterator[int]:
    """Yield the numbers of "0-22, 26"."""
    for part in ranges.split(","):
        first, _, last = part.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def _spread(table: dict[str, Any]) -> dict[int, Any]:
    return {pin: what for pins, what in table.items() for pin in _pins(pins)}
