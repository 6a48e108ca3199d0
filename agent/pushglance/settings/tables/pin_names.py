"""Pins by other names than their BCM number: GPIO22, BOARD15, J8:15, WPI3."""

import re

from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins

_NAME = re.compile(
    r"(gpio|gp|io|bcm|board|physical|pin|p1|j8|header|wpi|wiringpi|wp)[ _.:#-]*(?:pin[ _.:#-]*)?([0-9]{1,2})"
)
_BCM = ("gpio", "gp", "io", "bcm")
_WIRING_PI = ("wpi", "wiringpi", "wp")
_BCM_OF_WIRING_PI = {
    0: 17,
    1: 18,
    2: 27,
    3: 22,
    4: 23,
    5: 24,
    6: 25,
    7: 4,
    8: 2,
    9: 3,
    10: 8,
    11: 7,
    12: 10,
    13: 9,
    14: 11,
    15: 14,
    16: 15,
    21: 5,
    22: 6,
    23: 13,
    24: 19,
    25: 26,
    26: 12,
    27: 16,
    28: 20,
    29: 21,
    30: 0,
    31: 1,
}


def bcm_number(written: str) -> int | None:
    """Return the BCM number of a pin of the Raspberry Pi's header by any of its names, None if there is none."""
    match = _NAME.fullmatch(written.strip().lower())
    if match is None:
        return None
    scheme, number = match[1], int(match[2])
    if scheme in _BCM:
        return number
    return _BCM_OF_WIRING_PI.get(number) if scheme in _WIRING_PI else bcm_at(number)


def bcm_at(physical: int) -> int | None:
    """Return the BCM number of the pin at a place of the header, 1 to 40; None for power and ground."""
    pins = board_pins(RASPBERRY_PI)
    return next((bcm for bcm, place in pins.physical.items() if place == physical and bcm in pins.pins), None)
