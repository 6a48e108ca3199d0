"""The table that only a microcontroller needs: its kind, its WiFi, its time; a Raspberry Pi passes it over."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pushglance.settings.errors.issues import ValueProblem, quoted
from pushglance.settings.values.names import FilePath
from pushglance.settings.values.secrets import PlainSecret
from pushglance.settings.values.time_zones import is_zone, nearest_zone

from .table import Table


def _zone(written: str) -> str:
    if not is_zone(written):
        guess = nearest_zone(written)
        raise ValueProblem(f"{quoted(written)} is no time zone", f'"{guess or "Europe/Berlin"}"')
    return written


class Board(Table):
    """Say what a Pico W or an ESP32 needs to know; the same file on a Raspberry Pi passes this over."""

    kind: Literal["raspberry_pi", "pico_w", "pico2_w", "esp32", "esp32_s3", "esp32_c3"] = Field(
        default="raspberry_pi",
        description="What the pins are checked for, unless --board says it: raspberry_pi, pico_w, pico2_w, esp32, "
        "esp32_s3 or esp32_c3.",
    )
    ssid: str | None = Field(
        default=None, min_length=1, max_length=32, description="The name of the WiFi network; boards hear 2.4 GHz only."
    )
    password: PlainSecret | None = Field(
        default=None,
        description="The WiFi's password; left out: an open network. Better as PUSHGLANCE_BOARD__PASSWORD or in "
        "password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file that holds the password and nothing else.")
    country: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        examples=["DE"],
        description='Your country in two capital letters, which decides the WiFi channels, e.g. "DE".',
    )
    zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None,
        examples=["Europe/Berlin"],
        description='The time zone for "since" and midnight, e.g. "Europe/Berlin"; left out: this computer\'s.',
    )
    ntp: str = Field(
        default="pool.ntp.org", min_length=1, max_length=100, description="The server that tells a board the time."
    )
    led: str | None = Field(
        default=None,
        pattern="^(LED|[0-9]{1,2}|none)$",
        description='The LED that tells what is wrong: "LED", a pin\'s number in quotes, or "none"; left out: the '
        "board's own.",
    )
