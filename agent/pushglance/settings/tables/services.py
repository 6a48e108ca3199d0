"""The tables of Pushover, the budget, the broker, the pins, the clock and the simulation."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.hosts import BrokerHost
from pushglance.settings.values.names import DeviceName, FilePath
from pushglance.settings.values.proxies import ProxyUrl
from pushglance.settings.values.scalars import TimeOfDay, WholeNumber, reject_bool
from pushglance.settings.values.secrets import PlainSecret, PushoverKey
from pushglance.settings.values.urls import BaseUrl

from .table import Table

Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(reject_bool)]


class Pushover(Table):
    """The Pushover server and your keys. Keys are safer in credentials, files or the environment."""

    token: PushoverKey | None = Field(
        default=None,
        description="Your application's API token: 30 letters and digits. It is safer in PUSHGLANCE_PUSHOVER__TOKEN, "
        "in the systemd credential pushover_token or in token_file.",
    )
    token_file: FilePath | None = Field(default=None, description="A file with nothing but the token.")
    user: PushoverKey | None = Field(
        default=None,
        description="Your user or group key: 30 letters and digits. It is safer in PUSHGLANCE_PUSHOVER__USER, in the "
        "systemd credential pushover_user or in user_file.",
    )
    user_file: FilePath | None = Field(default=None, description="A file with nothing but the user key.")
    device: DeviceName | None = Field(
        default=None,
        description="The device whose watch shows [glance], as named in Pushover; left out: every device of the user.",
    )
    url: BaseUrl = Field(
        default="https://api.pushover.net",
        description="The server that glances are sent to; http:// only on this computer, e.g. the sandbox.",
    )
    connect_timeout: Annotated[Duration, DurationRange("1s", "1min")] = Field(
        default=Duration(10_000, "10s"), description="The longest time to connect, 1s to 1min."
    )
    read_timeout: Annotated[Duration, DurationRange("1s", "1min")] = Field(
        default=Duration(20_000, "20s"), description="The longest time until Pushover answers, 1s to 1min."
    )
    ca_file: FilePath | None = Field(
        default=None, description="Certificates (PEM) to trust instead of the system's, e.g. behind a company's proxy."
    )
    proxy: ProxyUrl | None = Field(
        default=None,
        examples=["http://proxy.example:3128"],
        description="An HTTP proxy through which Pushover is reached, with a login if it needs one; none: no proxy. "
        "Left out: the one in the environment variables HTTPS_PROXY or ALL_PROXY, except for the hosts in NO_PROXY. "
        "The service reads these variables from /etc/pushglance/environment.",
    )
    proxy_file: FilePath | None = Field(
        default=None, description="A file with nothing but the proxy's address, which may contain a password."
    )


class Budget(Table):
    """The number of pushes that each watch gets, and how they are spread over the day."""

    pushes: WholeNumber = Field(
        default=50,
        ge=1,
        le=50,
        description="Pushes in any 24 hours, 1 to 50: a watch accepts 50 and ignores more until the next day.",
    )
    spacing: Annotated[Duration, DurationRange("0s", "1d", "min")] = Field(
        default=Duration(1_200_000, "20min"),
        description="The wanted gap between pushes, 0s to 1d; Pushover recommends 20 minutes or more. It is a wish: a "
        "push that comes earlier costs more, most for numbers, less for contacts and texts, nothing for urgent "
        'changes. With pacing = "spacing" it is a rule.',
    )

    pacing: Literal["price", "spacing"] = Field(
        default="price",
        description="How pushes are timed. price: a push is sent when it saves more than it costs at that time; the "
        "last ones are kept for states that hold long. spacing: pushes are `spacing` apart; urgent ones may be closer.",
    )
    resets_at: TimeOfDay | None = Field(
        default=None,
        examples=["00:00"],
        description="The time of day at which your watch starts a new day, e.g. 00:00, if you know it: the budget then "
        "counts from that time instead of any 24 hours. A wrong time loses pushes. Left out: any 24 hours, which is "
        "right for every watch.",
    )


class Mqtt(Table):
    """The MQTT broker. Without this table the agent does not connect to a broker."""

    host: BrokerHost = Field(
        examples=["localhost"], description="The broker's name or address, without scheme or port."
    )
    port: Port | None = Field(default=None, description="The broker's port; left out: 1883, or 8883 when tls = true.")
    version: Literal["auto", "3.1.1", "5"] = Field(
        default="auto",
        description="The MQTT version of the broker, 3.1.1 or 5; auto: 5, and 3.1.1 if the broker refuses 5. With 5 "
        "the broker sends bursts without dropping messages.",
    )
    username: str | None = Field(default=None, min_length=1, description="The name to log in with; left out: no login.")
    password: PlainSecret | None = Field(
        default=None,
        description="The password to log in with. It is safer in PUSHGLANCE_MQTT__PASSWORD, in the systemd credential "
        "mqtt_password or in password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file with nothing but the password.")
    client_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="The client id, up to 128 characters, different for each client of the broker; left out: "
        "pushglance- and this computer's name.",
    )
    keepalive: Annotated[Duration, DurationRange("5s", "18h")] = Field(
        default=Duration(60_000, "60s"),
        description="The longest silence before the connection is tested, whole seconds, 5s to 18h.",
    )
    unknown_after: Annotated[Duration, DurationRange("10s", "30d", "min")] = Field(
        default=Duration(300_000, "5min"),
        description='The time without the broker after which values of its topics are unknown and shown as "?", '
        "10s to 30d; with the broker they come back with their next message.",
    )
    tls: bool = Field(default=False, description="Whether the connection is encrypted.")
    ca_file: FilePath | None = Field(default=None, description="Certificates (PEM) to trust instead of the system's.")
    cert_file: FilePath | None = Field(
        default=None, description="The client certificate (PEM), if the broker asks for one."
    )
    key_file: FilePath | None = Field(default=None, description="The key (PEM) of cert_file, without a passphrase.")


class Gpio(Table):
    """The library that reads the pins."""

    factory: Literal["lgpio", "rpigpio", "pigpio", "native", "mock"] = Field(
        default="lgpio",
        description="The pin factory of gpiozero: lgpio, rpigpio, pigpio, native, or mock for simulated pins. "
        "With lgpio, pins are read by libgpiod 2 if it is installed: it sleeps between edges and counts lost ones.",
    )


class Clock(Table):
    """The condition under which the time of day is trusted."""

    trust: Literal["synchronised", "always"] = Field(
        default="synchronised",
        description="synchronised: after the kernel reports that the clock was set from the network. always: at once, "
        "e.g. with a battery-backed clock chip.",
    )


class Log(Table):
    """How much the agent logs."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="debug: also each message, event and decision, which shows private values; info: pushes, links and "
        "what needs attention; warning or error: less. `pushglance run --verbose` is debug, whatever is written here.",
    )


class Simulation(Table):
    """Simulate every pin and topic: values come from lines written to a FIFO, and nothing real is read."""

    hand: FilePath = Field(
        examples=["/run/pushglance/hand"],
        description="The path of the FIFO (mkfifo) whose lines set the pins and topics.",
    )
