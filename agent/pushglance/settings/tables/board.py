"""The table of a microcontroller: its kind, its WiFi, its time. A Raspberry Pi ignores it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from pushglance.settings.board_catalog import BoardKind
from pushglance.settings.errors.issues import ValueProblem, quoted
from pushglance.settings.values.hosts import HostName
from pushglance.settings.values.names import FilePath
from pushglance.settings.values.secrets import PlainSecret
from pushglance.settings.values.time_zones import is_zone, nearest_zone

from .table import Table


def _check_zone(written: str) -> str:
    if not is_zone(written):
        guess = nearest_zone(written)
        raise ValueProblem(f"{quoted(written)} is not a known time zone", f'"{guess or "Europe/Berlin"}"')
    return written


class Board(Table):
    """Settings of a Pico W or an ESP32. A Raspberry Pi ignores them, so both can use the same file."""

    kind: BoardKind = Field(
        default="raspberry_pi",
        description="The board that the pins are checked for, unless --board names one: raspberry_pi, pico_w, pico2_w, "
        "esp32, esp32_s3 or esp32_c3.",
    )
    ssid: str | None = Field(
        default=None, min_length=1, max_length=32, description="The name of the WiFi network; boards use 2.4 GHz only."
    )
    password: PlainSecret | None = Field(
        default=None,
        description="The password of the WiFi; left out: an open network. It is safer in PUSHGLANCE_BOARD__PASSWORD or "
        "in password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file with nothing but the password.")
    country: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        examples=["DE"],
        description='Your country in two capital letters, which sets the WiFi channels, e.g. "DE".',
    )
    zone: Annotated[str, AfterValidator(_check_zone)] | None = Field(
        default=None,
        examples=["Europe/Berlin"],
        description='The time zone for "since" and midnight, e.g. "Europe/Berlin"; left out: this computer\'s.',
    )
    ntp: HostName = Field(default="pool.ntp.org", max_length=100, description="The time server.")
    frozen: bool = Field(
        default=False,
        description="The board's firmware contains pushglance (boards/manifest.py), so there is memory for more.",
    )
    psram: bool = Field(
        default=False,
        description="The board has extra memory (PSRAM), as an ESP32 on a WROVER module has.",
    )
    led: str | None = Field(
        default=None,
        pattern="^(LED|[0-9]{1,2}|none)$",
        description='The LED that blinks for errors: "LED", the number of a pin in quotes, or "none"; left out: the '
        "LED on the board.",
    )
