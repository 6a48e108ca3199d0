"""Pins by other names than their BCM number: GPIO22, BOARD15, J8:15, WPI3."""

import re

from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins

_GAP = r"[ _.:#()/-]*"
_NUMBER = rf"(?:{_GAP}pin)?{_GAP}0*(\d{{1,2}})(?!\d)"
_BCM = "bcm[ _]gpio|gpio|gp|io|bcm|bcm2835|pigpio|gpiochip\\d|line|offset|d|g|b"
_BCM_NAME = re.compile(rf"(?:{_BCM}){_NUMBER}")
_PLACE = re.compile(rf"(?:rpi_(?:v2_)?gpio_p1|board|physical|phys|pin|p1(?=[ _.:#-])|j8|header|p|#){_NUMBER}")
_WIRING_PI = re.compile(rf"(?:wpi|wiring ?pi|wp){_NUMBER}")
_PLAIN = re.compile(r"\[?0*(\d{1,2})[\],;.]?")
_POWER = re.compile(r"gnd|ground|3v3|3\.3 ?v|5 ?v0?|vcc|vdd|masse")
_PLACES = 40  # on the header
_FUNCTIONS = {
    name: number
    for names, number in (
        ("sda sda1", 2),
        ("scl scl1", 3),
        ("gpclk0 w1 onewire 1wire 1-wire", 4),
        ("ce1", 7),
        ("ce0", 8),
        ("miso", 9),
        ("mosi", 10),
        ("sclk sck", 11),
        ("pwm1", 13),
        ("txd txd0 tx", 14),
        ("rxd rxd0 rx", 15),
        ("pwm0 pcm_clk", 18),
        ("pcm_fs", 19),
        ("pcm_din", 20),
        ("pcm_dout", 21),
    )
    for name in names.split()
}
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
    number, _ = pin_meant(written)
    return number


def pin_meant(written: str) -> tuple[int | None, str]:
    """Return the BCM number that is meant, and a note on how the name was read; None if no pin is meant."""
    name = written.strip().lower().strip("\"'").removeprefix("board.").strip()
    number, note = _FUNCTIONS.get(name), ""
    if number is not None:
        note = f"{name.upper()} is GPIO{number}"
    elif _POWER.fullmatch(name):
        note = "that is power or ground, and no sensor can be read there"
    # A name may have both, e.g. "GPIO17 (pin 11)": the BCM number decides.
    elif match := _PLAIN.fullmatch(name) or _BCM_NAME.fullmatch(name) or ("(" in name and _BCM_NAME.search(name)):
        number = int(match[1])
    elif match := _WIRING_PI.fullmatch(name):
        number = _BCM_OF_WIRING_PI.get(int(match[1]))
        note = "" if number is None else f"pin {match[1]} of WiringPi is GPIO{number}"
    elif match := _PLACE.fullmatch(name):
        number = bcm_at(int(match[1]))
        empty = "power or ground" if int(match[1]) <= _PLACES else "not on the header"
        note = f"physical pin {match[1]} is {empty if number is None else f'GPIO{number}'}"
    return number, note


def bcm_at(physical: int) -> int | None:
    """Return the BCM number of the pin at a place of the header, 1 to 40; None for power and ground."""
    pins = board_pins(RASPBERRY_PI)
    return next((bcm for bcm, place in pins.physical.items() if place == physical and bcm in pins.pins), None)
