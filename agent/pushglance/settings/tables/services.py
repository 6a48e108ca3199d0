"""The tables that name what pushglance talks to: Pushover, the broker, the pins, the clock; and the budget."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.names import DeviceName, FilePath
from pushglance.settings.values.scalars import TimeOfDay, Whole, reject_bool
from pushglance.settings.values.secrets import PlainSecret, PushoverKey
from pushglance.settings.values.urls import BaseUrl

from .table import Table

Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(reject_bool)]


class Pushover(Table):
    """Say where glances go and with which keys. Keys are better kept in credentials, files or the environment."""

    token: PushoverKey | None = Field(
        default=None,
        description="Your application's API token: 30 letters and digits. Better as PUSHGLANCE_PUSHOVER__TOKEN, as the "
        "systemd credential pushover_token or in token_file.",
    )
    token_file: FilePath | None = Field(default=None, description="A file that holds the token and nothing else.")
    user: PushoverKey | None = Field(
        default=None,
        description="Your user or group key: 30 letters and digits. Better as PUSHGLANCE_PUSHOVER__USER, as the "
        "systemd credential pushover_user or in user_file.",
    )
    user_file: FilePath | None = Field(default=None, description="A file that holds the user key and nothing else.")
    device: DeviceName | None = Field(
        default=None,
        description="The device whose watch shows [glance], as named in Pushover; left out: every device of the user.",
    )
    url: BaseUrl = Field(
        default="https://api.pushover.net",
        description="Where glances are sent; http:// only for this computer itself, e.g. the sandbox.",
    )
    connect_timeout: Annotated[Duration, DurationRange("1s", "1min")] = Field(
        default=Duration(10_000, "10s"), description="How long a connection may take to be made, 1s to 1min."
    )
    read_timeout: Annotated[Duration, DurationRange("1s", "1min")] = Field(
        default=Duration(20_000, "20s"), description="How long Pushover may take to answer, 1s to 1min."
    )
    ca_file: FilePath | None = Field(
        default=None, description="Certificates (PEM) to trust instead of the system's, e.g. behind a company's proxy."
    )


class Budget(Table):
    """Say how many pushes a watch is given, and how far apart the ones without hurry are."""

    pushes: Whole = Field(
        default=50,
        ge=1,
        le=50,
        description="Pushes in any 24 hours, 1 to 50: a watch accepts 50, then it stops until the night.",
    )
    spacing: Annotated[Duration, DurationRange("0s", "1d", "min")] = Field(
        default=Duration(1_200_000, "20min"),
        description="Wanted gap between pushes that are not urgent, 0s to 1d; Pushover recommends 20 minutes or more.",
    )

    pacing: Literal["price", "spacing"] = Field(
        default="price",
        description="When a push is worth one of the budget. price: when what it saves is worth what a push costs just "
        "now. spacing: the plain rule, so far apart and closer for what is urgent.",
    )
    resets_at: TimeOfDay | None = Field(
        default=None,
        examples=["00:00"],
        description="At your own risk, if you know when your watch begins its day, e.g. 00:00: the budget counts from "
        "then instead of any 24 hours; left out: any 24 hours, right for every watch.",
    )


class Mqtt(Table):
    """Say which broker has the topics; without this table no broker is connected."""

    host: str = Field(min_length=1, max_length=255, examples=["localhost"], description="The broker's name or address.")
    port: Port | None = Field(default=None, description="The broker's port; left out: 1883, or 8883 when tls = true.")
    version: Literal["auto", "3.1.1", "5"] = Field(
        default="auto",
        description="The MQTT version that the broker speaks, 3.1.1 or 5; auto: 5, and 3.1.1 if the broker refuses "
        "that. With 5 a burst of messages waits at the agent, and a broker need not drop any.",
    )
    username: str | None = Field(default=None, min_length=1, description="The name to log in with; left out: no login.")
    password: PlainSecret | None = Field(
        default=None,
        description="The password to log in with. Better as PUSHGLANCE_MQTT__PASSWORD, as the systemd credential "
        "mqtt_password or in password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file that holds the password and nothing else.")
    client_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="What the broker calls us, up to 128 characters, no two clients the same; left out: "
        "pushglance- and this computer's name.",
    )
    keepalive: Annotated[Duration, DurationRange("5s", "18h")] = Field(
        default=Duration(60_000, "60s"),
        description="Longest silence before the connection is tested, whole seconds, 5s to 18h.",
    )
    tls: bool = Field(default=False, description="Whether the connection is encrypted.")
    ca_file: FilePath | None = Field(default=None, description="Certificates (PEM) to trust instead of the system's.")
    cert_file: FilePath | None = Field(
        default=None, description="Our own certificate (PEM), if the broker asks for one."
    )
    key_file: FilePath | None = Field(default=None, description="The key (PEM) of cert_file, without a passphrase.")


class Gpio(Table):
    """Say how pins are read."""

    factory: Literal["lgpio", "rpigpio", "pigpio", "native", "mock"] = Field(
        default="lgpio",
        description="gpiozero's way to the pins: lgpio, rpigpio, pigpio, native, or mock for no pins at all. "
        "With lgpio, pins are read by libgpiod 2 where it is installed, which sleeps between edges and knows what it "
        "loses.",
    )


class Clock(Table):
    """Say when the time of day is believed."""

    trust: Literal["synchronised", "always"] = Field(
        default="synchronised",
        description="synchronised: once the kernel says that the clock was set from the network. always: you vouch for "
        "it, e.g. a clock chip with a battery.",
    )


class Simulation(Table):
    """Replace every pin and topic by lines that somebody writes; nothing real is read."""

    hand: FilePath = Field(
        examples=["/run/pushglance/hand"],
        description="The path of a FIFO (mkfifo) whose lines move the pins and topics.",
    )
