"""The pins in the boards' files agree with the manufacturers' documents; each row names its source."""

import pytest

from pushglance.settings.board_catalog import KINDS, board_pins

# Espressif, "GPIO & RTC GPIO" (ESP-IDF guide) of each chip, and the chips' data sheets on strapping pins;
# Raspberry Pi, data sheets of Pico W and Pico 2 W, section 2.1; the Pis' reduced schematics.
RESERVED = [
    ("esp32", "0 2 12", "how the chip starts", "strapping: download mode, and the voltage of the flash"),
    ("esp32", "6 7 8 9 10 11", "flash", "SPI0/1"),
    ("esp32", "1 3", "console", "U0TXD, U0RXD"),
    ("esp32_s3", "0 3 45 46", "how the chip starts", "strapping: boot mode, JTAG source, VDD_SPI"),
    ("esp32_s3", "19 20", "USB", "USB_D-, USB_D+"),
    ("esp32_s3", "26 27 28 29 30 31 32", "flash", "SPI0/1"),
    ("esp32_s3", "43 44", "console", "U0TXD, U0RXD"),
    ("esp32_c3", "2 8 9", "how the chip starts", "strapping"),
    ("esp32_c3", "11 12 13 14 15 16 17", "flash", "SPI0/1 and the flash's supply"),
    ("esp32_c3", "18 19", "USB", "USB_D-, USB_D+: firmwares with USB keep them"),
    ("esp32_c3", "20 21", "console", "U0RXD, U0TXD"),
    ("pico_w", "23 24 25 29", "WiFi", "power, data, select and clock of the CYW43439"),
    ("pico2_w", "23 24 25 29", "WiFi", "as on the Pico W"),
]
WARNINGS = [
    ("esp32", "5 15", "when the chip starts", "strapping, of SDIO timing and boot messages"),
    ("esp32", "16 17", "memory", "PSRAM of WROVER modules"),
    ("esp32_s3", "33 34 35 36 37", "memory", "octal flash or PSRAM"),
    ("raspberry_pi", "0 1", "HAT", "ID_SD, ID_SC: probed at boot"),
    ("raspberry_pi", "2 3", "I2C", "SDA1, SCL1"),
    ("raspberry_pi", "7 8 9 10 11", "SPI", "SPI0"),
    ("raspberry_pi", "14 15", "serial", "TXD0, RXD0"),
]
# Pins that a chip or its usual module does not have at all.
ABSENT = [
    ("esp32", "20 24 28 29 30 31 37 38 40", "a WROOM module has none of these pins"),
    ("esp32_s3", "22 23 24 25 49", "the S3 has no GPIO22 to GPIO25 and ends at 48"),
    ("esp32_c3", "22 23", "the C3 ends at 21"),
    ("pico_w", "30", "the RP2040 ends at 29"),
    ("raspberry_pi", "28 29", "the header ends at BCM 27"),
]


def ids(value):
    return value if isinstance(value, str) and " " not in value else ""


def numbers(text):
    return [int(number) for number in text.split()]


@pytest.mark.parametrize(("kind", "pins", "word", "source"), RESERVED, ids=ids)
def test_reserved_pins_are_refused(kind, pins, word, source):
    """A pin that the board itself needs is refused, with the reason."""
    board = board_pins(kind)
    for pin in numbers(pins):
        assert word in board.reserved[pin], (pin, source)
        assert pin not in board.pins


@pytest.mark.parametrize(("kind", "pins", "word", "source"), WARNINGS, ids=ids)
def test_shared_pins_have_a_warning(kind, pins, word, source):
    """A pin that may have another use is allowed, with a warning that names that use."""
    board = board_pins(kind)
    for pin in numbers(pins):
        assert word in board.warnings[pin], (pin, source)
        assert pin in board.pins


@pytest.mark.parametrize(("kind", "pins", "source"), ABSENT, ids=ids)
def test_missing_pins_are_not_offered(kind, pins, source):
    """No sensor may use a pin that does not exist."""
    assert board_pins(kind).pins.isdisjoint(numbers(pins)), source


def test_missing_and_fixed_pulls_are_known():
    """An ESP32's GPIO34 to 39 have no pull, an RP2350 no pull-down (E9), a Pi's GPIO2 and GPIO3 a fixed pull-up."""
    assert sorted(board_pins("esp32").no_pull) == [34, 35, 36, 39]
    assert "E9" in board_pins("pico2_w").no_pull_down
    assert board_pins("raspberry_pi").fixed_pull == {2: "up", 3: "up"}
    for kind in ("pico_w", "esp32_s3", "esp32_c3"):
        board = board_pins(kind)
        assert (board.no_pull, board.no_pull_down, board.fixed_pull) == ({}, "", {}), kind


def test_physical_pins_match_the_header():
    """Each BCM number has the physical pin of the 40-pin header."""
    rows = "3 5 7 29 31 26 24 21 19 23 32 33 8 10 36 11 12 35 38 40 15 16 18 22 37 13"  # of BCM 2 to 27
    board = board_pins("raspberry_pi")
    assert [board.physical[pin] for pin in range(2, 28)] == numbers(rows)
    assert (board.physical[0], board.physical[1]) == (27, 28)
    power_and_ground = {1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39}
    assert set(board.physical.values()) == set(range(1, 41)) - power_and_ground


@pytest.mark.parametrize("kind", KINDS)
def test_each_pin_is_either_offered_or_refused(kind):
    """No pin is both offered and refused; warnings and pulls are about offered pins."""
    board = board_pins(kind)
    assert board.pins.isdisjoint(board.reserved)
    for remarks in (board.warnings, board.fixed_pull, board.no_pull):
        assert set(remarks) <= board.pins
    assert not board.led.isdigit() or int(board.led) not in board.pins, "a sensor must not use the LED's pin"
